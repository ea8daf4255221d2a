"""A platform with a million accounts and a million tenures, written as rows.

Of four tenures a group two are over. Accounts are verified until a day of the next year, each day
as many. Every night one group of 2,500 (15 % in a year) has waited for an owner until its deadline;
half of these were claimed.
"""

from datetime import date, datetime, timedelta
from typing import Any

import psycopg

ACCOUNTS, GROUPS = 1_000_000, 250_000
# One person is manager of so many groups besides.
MANY = 10_000
# Whoever signs in hears of what happens: one account of so many.
SIGNING_IN = 20
ORPHANED_EACH_NIGHT, NIGHTS = GROUPS // 2_500, 20
LOG_DAYS, LOG_ROWS = 31, 1_000_000
PARTS = (
    """
    INSERT INTO identity_user (id, password, is_superuser, email, name, is_staff, is_active,
        language, timezone, single_keys, joined_at)
    SELECT md5('u' || n)::uuid, '!', false, 'p' || n || '@bench.example', 'Person ' || n, false,
        true, 'en', 'UTC', true, %(at)s FROM generate_series(1, %(accounts)s, %(signing_in)s) n
    """,
    """
    INSERT INTO identity_account (id, platform_id, external_id, display_name, user_id, created_at)
    SELECT md5('a' || n)::uuid, %(platform)s, 'a-' || n, '',
        CASE WHEN n %% %(signing_in)s = 1 THEN md5('u' || n)::uuid END, %(at)s - interval '3 years'
    FROM generate_series(1, %(accounts)s) n
    """,
    """
    INSERT INTO groups_group (id, platform_id, external_id, name, named_sequence, language,
        sized_sequence, state, has_imported_history, first_seen_at, known_from, orphaned_at,
        claim_due_at)
    SELECT md5('g' || n)::uuid, %(platform)s, 'g-' || n, 'Group ' || md5(n::text), 0, 'en', 0,
        CASE WHEN n <= %(orphaned)s THEN 'ORPHANED' ELSE 'ACTIVE' END, false,
        %(at)s - interval '3 years', %(at)s - interval '10 days',
        CASE WHEN n <= %(orphaned)s THEN %(at)s - interval '14 days' + night.late END,
        CASE WHEN n <= %(orphaned)s THEN %(at)s - interval '1 hour' + night.late END
    FROM generate_series(1, %(groups)s) n,
        LATERAL (SELECT (n / %(each_night)s) * interval '1 day' AS late) night
    """,
    # Each account in turn owns, manages, and once owned or managed, a group.
    """
    INSERT INTO groups_tenure (id, platform_id, group_id, account_id, role, period, began,
        began_event, ended, ended_event, is_history, senior_from, senior_place)
    SELECT md5('t' || n || place)::uuid, %(platform)s, md5('g' || n)::uuid,
        md5('a' || (n - 1) * 4 + place)::uuid,
        CASE WHEN place <= 2 THEN 'OWNER' ELSE 'MANAGER' END,
        CASE WHEN place %% 2 = 1 THEN tstzrange(%(at)s - interval '900 days', half.way)
            WHEN n <= %(orphaned)s AND place = 2
                THEN tstzrange(half.way, %(at)s - interval '14 days')
            ELSE tstzrange(half.way, NULL) END,
        'GRANTED', gen_random_uuid(), over.how, CASE WHEN over.how <> '' THEN gen_random_uuid() END,
        false, CASE WHEN place <= 2 THEN half.way END, CASE WHEN place <= 2 THEN 0 END
    FROM generate_series(1, %(groups)s) n, generate_series(1, 4) place,
        LATERAL (SELECT %(at)s - interval '400 days' - n * interval '1 second' AS way) half,
        LATERAL (SELECT CASE WHEN place %% 2 = 1 OR n <= %(orphaned)s AND place = 2
            THEN 'LEFT' END AS how) over
    """,
    # One group of ten has nobody but its owner.
    """
    DELETE FROM groups_tenure t USING groups_group g
    WHERE g.id = t.group_id AND t.role = 'MANAGER' AND t.ended IS NULL AND g.external_id LIKE '%%7'
        AND g.state = 'ACTIVE'
    """,
    """
    INSERT INTO groups_tenure (id, platform_id, group_id, account_id, role, period, began,
        began_event, is_history)
    SELECT md5('m' || n)::uuid, %(platform)s, md5('g' || n)::uuid, md5('a1')::uuid,
        'MANAGER', tstzrange(%(at)s - interval '200 days', NULL), 'GRANTED', gen_random_uuid(),
        false
    FROM generate_series(10, 10 * %(many)s, 10) n
    """,
    # Every second group without an owner was claimed by its manager.
    """
    INSERT INTO groups_claim (id, group_id, account_id, state, claimed_at, expires_at)
    SELECT gen_random_uuid(), id, md5('a' || substr(external_id, 3)::int * 4)::uuid, 'OFFERED',
        orphaned_at + interval '1 day', claim_due_at
    FROM groups_group WHERE state = 'ORPHANED' AND external_id LIKE 'g-%%' AND
        substr(external_id, 3)::int %% 2 = 0
    """,
    """
    INSERT INTO identity_verification (id, account_id, provider_id, level, method, reference,
        verified_at, expires_at, reminded_days)
    SELECT gen_random_uuid(), md5('a' || n)::uuid, %(provider)s, 'SUBSTANTIAL', 'in person', '',
        %(at)s - interval '365 days', %(at)s + (n %% 366) * interval '1 day' - interval '1 hour',
        CASE WHEN n %% 366 <= 7 THEN 7 WHEN n %% 366 <= 30 THEN 30 END
    FROM generate_series(1, %(accounts)s) n
    """,
    """
    INSERT INTO groups_logentry (occurred_at, event_key, platform_id, source, event_id, kind,
        group_id, actor_id, sequence, received_at)
    SELECT %(at)s - random() * interval '30 days', gen_random_uuid(), %(platform)s, 'bench',
        md5(n::text), 'content.removed', md5('g' || g)::uuid,
        md5('a' || (g - 1) * 4 + 2)::uuid, n, %(at)s
    FROM generate_series(1, %(log_rows)s) n,
        LATERAL (SELECT 1 + floor(%(groups)s * random() ^ 3 + 0 * n)::int AS g) which
    """,
)


def fill(database: psycopg.Connection, *, at: datetime) -> None:
    """Write everything; the guards of single rows sleep meanwhile, the constraints do not."""
    from groups.actions import partitions, platforms  # settings are named only now
    from identity.models import VerificationProvider
    from portal.core.actors import Actor

    by = Actor.system("bench")
    platform = platforms.take_on(
        slug="bench", name="Bench", language="en", records_membership=False, by=by, at=at
    )
    provider = VerificationProvider.objects.create(
        platform=platform, name="Bench", kind="PARTNER", level="SUBSTANTIAL", validity_days=730
    )
    first: date = (at - timedelta(days=LOG_DAYS)).date()
    last = (at + timedelta(days=NIGHTS) + partitions.AHEAD).date()
    partitions.ensure(first=first, last=last, by=by, at=at)
    values: dict[str, Any] = {
        "at": at,
        "platform": platform.pk,
        "provider": provider.pk,
        "accounts": ACCOUNTS,
        "groups": GROUPS,
        "many": MANY,
        "signing_in": SIGNING_IN,
        "each_night": ORPHANED_EACH_NIGHT,
        "orphaned": ORPHANED_EACH_NIGHT * NIGHTS,
        "log_rows": LOG_ROWS,
    }
    with database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        for part in PARTS:
            database.execute(part, values)
    database.execute("VACUUM ANALYZE")
    database.execute("CHECKPOINT")
