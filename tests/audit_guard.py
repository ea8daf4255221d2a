"""A pytest plugin: over the whole suite, no protected row is written without its audit entry.

Each write to a protected table notes the table in a transaction-local setting, and each audit
entry clears the note. A deferred constraint trigger reads it at commit, or where Django checks
constraints at the end of a rolled-back test. So the audit entry has to come after the write, and
one action's entry does not excuse the next action of the same test.

Rows that factories write under `accord.fixture = on` are exempt: PostgreSQL evaluates the WHEN of
a constraint trigger at the write, not at commit.
"""

import pytest
from django.db import connection

PROTECTED = (
    "core_hold",
    "core_windowchange",
    "credit_adjustment",
    "credit_ledgerentry",
    "credit_policy",
    "credit_sanction",
    "groups_appeal",
    "groups_case",
    "groups_decision",
    "groups_measure",
    "groups_tenure",
    "identity_staffassignment",
    "identity_verification",
)
AUDIT = "core_auditentry"
NOT_A_FIXTURE = "current_setting('accord.fixture', true) IS DISTINCT FROM 'on'"

FUNCTIONS = """
CREATE OR REPLACE FUNCTION audit_guard_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('accord.unaudited', TG_TABLE_NAME || ' ' || TG_OP, true);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION audit_guard_clear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('accord.unaudited', '', true);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION audit_guard_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('accord.unaudited', true), '') <> '' THEN
        RAISE EXCEPTION 'written without an audit entry in the same transaction: %',
            current_setting('accord.unaudited', true)
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'protected_row_has_its_audit_entry';
    END IF;
    RETURN NULL;
END $$;
"""


@pytest.fixture(scope="session", autouse=True)
def audit_guard(request):
    """Install the triggers once in this process's test database, if the run uses one."""
    if not any(
        "django_db" in item.keywords or _uses_database(item) for item in request.session.items
    ):
        return
    request.getfixturevalue("django_db_setup")
    with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        for table in PROTECTED:
            install(cursor, table)
        cursor.execute(
            f"CREATE OR REPLACE TRIGGER audit_guard_clear AFTER INSERT ON {AUDIT}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_guard_clear()"
        )


def install(cursor, table):
    cursor.execute(
        f"CREATE OR REPLACE TRIGGER audit_guard_note AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW WHEN ({NOT_A_FIXTURE}) EXECUTE FUNCTION audit_guard_note()"
    )
    cursor.execute(f"DROP TRIGGER IF EXISTS audit_guard_check ON {table}")
    cursor.execute(
        f"CREATE CONSTRAINT TRIGGER audit_guard_check AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " DEFERRABLE INITIALLY DEFERRED"
        f" FOR EACH ROW WHEN ({NOT_A_FIXTURE}) EXECUTE FUNCTION audit_guard_check()"
    )


def _uses_database(item):
    return {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
