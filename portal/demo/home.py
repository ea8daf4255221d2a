"""What the demo keeps, all of it in one folder of the checkout that `make demo-clean` removes."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".accord"
# Servers of `make test`, one folder for each run at a time.
TESTS = HOME / "test"
LOCK = HOME / "lock"
# Children of the running demo, for the next start to end if this one is killed.
SERVERS = HOME / "servers.json"
PROCESSES = HOME / "processes.json"
# How manage.py reaches the servers of the running demo.
ENVIRONMENT = HOME / "environment.json"
# Which migrations were applied to which database.
PREPARED = HOME / "prepared"
# Logins, partner credentials and what to try; `load_demo` writes it last.
DEMO = HOME / "demo.json"
# The address under which the demo data were loaded or last served.
ADDRESS = HOME / "address"
MAIL = HOME / "mail"
WEBHOOKS = HOME / "webhooks.jsonl"
LOGS = HOME / "logs"
