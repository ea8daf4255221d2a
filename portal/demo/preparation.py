"""Migrations and demo data, before anything is served."""

import hashlib

import psycopg

from portal.demo import home
from portal.demo.services import Demo
from portal.embedded.console import say, step
from portal.embedded.places import Refused


def prepare(demo: Demo) -> None:
    state = fingerprint(demo)
    is_known = home.PREPARED.exists() and home.PREPARED.read_text().split()[-1] == state.split()[-1]
    if home.DEMO.exists() and not is_known:
        raise Refused(
            "The demo data are in another database than the one that DATABASE_URL names now. Set "
            "it as it was, or begin anew: `make demo-clean`, then `make demo`."
        )
    if demo.is_external and not is_known:
        refuse_a_database_in_use(demo.database_url)
    if not home.PREPARED.exists() or home.PREPARED.read_text() != state:
        with step("Bringing the database up to date"):
            demo.manage("migrate", "--no-input", "--verbosity", "0")
        home.PREPARED.write_text(state)
    if not home.DEMO.exists():
        say("  Loading demo data")
        demo.manage("load_demo")
    elif home.ADDRESS.exists() and home.ADDRESS.read_text() != demo.url:
        move_webhooks(demo.database_url, home.ADDRESS.read_text(), demo.url)
    move_issuer(demo.database_url, demo.issuer_url)


def fingerprint(demo: Demo) -> str:
    """Name the migrations and the database, so that a start with nothing new skips them."""
    migrations = hashlib.sha256()
    for app in ("portal/core", "identity", "credit", "groups", "reports"):
        for file in sorted((home.ROOT / app / "migrations").glob("*.py")):
            migrations.update(file.name.encode() + file.read_bytes())
    migrations.update((home.ROOT / "requirements.txt").read_bytes())
    database = demo.database_url if demo.is_external else "embedded"
    return f"{migrations.hexdigest()} {hashlib.sha256(database.encode()).hexdigest()}"


def refuse_a_database_in_use(url: str) -> None:
    """Keep made-up people with published passwords out of a database that is somebody's."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
    if row is not None and row[0] is not None:
        raise Refused(
            "DATABASE_URL names a database that is in use, and not by this demo. The demo would "
            "add made-up people with published passwords. Name an empty database, or unset it."
        )


def move_webhooks(url: str, old: str, new: str) -> None:
    """Point the demo's own receivers to the port that this start could have."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE core_webhookendpoint SET url = %s || substr(url, %s)"
            " WHERE starts_with(url, %s)",
            [new, len(old) + 1, f"{old}/"],
        )


def move_issuer(url: str, new: str) -> None:
    """Point the demo's provider to the port that its issuer could have."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE identity_verificationprovider SET issuer = %s"
            " WHERE kind = 'OIDC' AND starts_with(issuer, 'http://127.0.0.1:')",
            [new],
        )
