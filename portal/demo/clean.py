"""`make demo-clean`: remove what the demo left, and say what that was."""

import shutil
import sys

from portal.demo import home
from portal.embedded import places, run, system_user
from portal.embedded.console import say
from portal.embedded.processes import Tree


def main() -> int:
    if not home.HOME.exists():
        say("There is nothing to remove.")
        return 0
    lock = places.lock(home.LOCK)
    if lock is None:
        say("The demo is running. Stop it with Ctrl-C in its terminal, then run this again.")
        return 1
    tests = [places.lock(path) for path in sorted(home.TESTS.glob("*/lock"))]
    if not all(tests):
        say("`make test` is running. Wait for its end, then run this again.")
        return 1
    for record in (home.PROCESSES, home.SERVERS):
        Tree(record).end_leftovers()
    for folder in run.remove_data(home.HOME):
        say(f"Removed {folder}: files that had to be outside the checkout.")
    shutil.rmtree(home.HOME)
    say(f"Removed {home.HOME}: database, logs, mail and logins of the demo.")
    if system_user.remove():
        say(f"Removed the system user {system_user.NAME}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
