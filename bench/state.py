"""The state every round starts from: a platform with its groups, accounts and owners."""

from datetime import datetime
from secrets import token_hex
from typing import Any

import psycopg
from psycopg import sql

from bench import data

SAVED = "bench_baseline"
# As the proxy in front of Accord says.
HEADERS = {"x-forwarded-proto": "https"}
TABLES = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND c.relname <> 'django_migrations'
    GROUP BY c.relname ORDER BY c.relname
"""


def found(*, at: datetime, clients: int) -> list[str]:
    """Create the platform with everybody on it. Return a token for each of its clients."""
    from django.test import Client  # settings are named only now

    from groups.actions import partitions
    from identity.actions import accounts
    from portal.core.actors import Actor
    from portal.core.models import Platform

    by = Actor.system("bench")
    platform = Platform.objects.create(slug="bench", name="Bench", created_at=at)
    accounts.ensure(platform=platform, external_ids=data.account_names(), by=by, at=at)
    tokens = [issue(platform, number, scope="events groups") for number in range(clients)]
    partner = Client(headers=HEADERS | {"authorization": f"Bearer {tokens[0]}"})
    for body in data.batches(list(data.founding(at)), 3_000):
        answer = partner.post("/api/v1/events", body, content_type=data.NDJSON)
        assert answer.status_code == 200, answer.content[:300]
    first = (at - data.timedelta(days=data.DAYS)).date()
    partitions.ensure(first=first, last=(at + partitions.AHEAD).date(), by=by, at=at)
    return tokens


def issue(platform: Any, number: int, *, scope: str) -> str:
    """Return a token of a new client of the platform."""
    from django.utils import timezone
    from oauth2_provider.models import get_access_token_model

    from identity.models import ApiClient

    client = ApiClient.objects.create(
        platform=platform,
        name=f"Client {number}",
        client_type="confidential",
        authorization_grant_type="client-credentials",
        client_secret=token_hex(16),
    )
    issued = get_access_token_model().objects.create(
        application=client,
        token=token_hex(16),
        scope=scope,
        expires=timezone.now() + data.timedelta(hours=12),
    )
    return str(issued.token)


def save(database: psycopg.Connection) -> None:
    """Keep a copy of every table."""
    database.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SAVED)))
    for name, columns in database.execute(TABLES).fetchall():
        copy = sql.SQL("CREATE TABLE {}.{} AS SELECT {} FROM public.{}").format(
            sql.Identifier(SAVED), sql.Identifier(name), _names(columns), sql.Identifier(name)
        )
        database.execute(copy)


def restore(database: psycopg.Connection) -> None:
    """Put every table back to what was saved, and leave nothing over for the server to do."""
    tables = database.execute(TABLES).fetchall()
    with database.transaction():
        # The guards of what is append-only sleep, in this transaction only.
        database.execute("SET LOCAL session_replication_role = replica")
        every = sql.SQL(", ").join(sql.Identifier("public", name) for name, _ in tables)
        database.execute(sql.SQL("TRUNCATE {}").format(every))
        for name, columns in tables:
            back = sql.SQL(
                "INSERT INTO public.{} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}.{}"
            ).format(
                sql.Identifier(name),
                _names(columns),
                _names(columns),
                sql.Identifier(SAVED),
                sql.Identifier(name),
            )
            database.execute(back)
    database.execute("VACUUM ANALYZE")
    database.execute("CHECKPOINT")


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
