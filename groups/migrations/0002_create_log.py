"""The governance log: partitioned by day from the start, in plain SQL, no default partition.

Partitions are created ahead by `groups.actions.partitions` and dropped whole by the purge.
"""

from django.db import migrations

CREATE_LOG = """
CREATE TABLE groups_logentry (
    occurred_at timestamptz NOT NULL,
    event_key uuid NOT NULL,
    platform_id uuid NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    group_id uuid,
    actor_id uuid,
    subject_id uuid,
    role text,
    old_role text,
    reason text,
    until timestamptz,
    caused_by text,
    attributes jsonb,
    sequence bigint NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT an_event_is_logged_once PRIMARY KEY (occurred_at, event_key),
    CONSTRAINT an_event_is_about_a_group_or_an_account
        CHECK (group_id IS NOT NULL OR kind LIKE 'account.%')
) PARTITION BY RANGE (occurred_at);
-- The log of a group, and of an account, newest first.
CREATE INDEX log_by_group ON groups_logentry (group_id, occurred_at);
CREATE INDEX log_by_subject ON groups_logentry (subject_id, occurred_at)
    WHERE subject_id IS NOT NULL;
"""

# Promise 1 in the database: points rest on a decision that exists and is in effect.
PENALTY_RESTS_ON_A_DECISION = """
CREATE FUNCTION credit_penalty_rests_on_a_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM groups_decision d
        WHERE d.id = NEW.decision_id AND d.subject_account_id = NEW.account_id
          AND d.effective_at IS NOT NULL AND d.points = NEW.points)
    THEN
        RAISE EXCEPTION 'a_penalty_rests_on_a_decision_in_effect'
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'a_penalty_rests_on_a_decision_in_effect';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_penalty_rests_on_a_decision_in_effect
    BEFORE INSERT ON credit_ledgerentry FOR EACH ROW WHEN (NEW.kind = 'PENALTY')
    EXECUTE FUNCTION credit_penalty_rests_on_a_decision();

CREATE FUNCTION credit_sanction_rests_on_a_measure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM groups_decision d JOIN groups_measure m ON m.decision_id = d.id
        WHERE d.id = NEW.decision_id AND d.subject_account_id = NEW.account_id
          AND d.effective_at IS NOT NULL AND d.approved_by_id = NEW.approved_by_id
          AND m.privilege = NEW.privilege
          AND m.kind = CASE NEW.kind WHEN 'SUSPENSION' THEN 'SUSPEND' ELSE 'REVOKE' END
          AND m.in_group_id IS NOT DISTINCT FROM NEW.scope_group_id
          AND (m.days IS NULL OR NEW.ends_at <= NEW.starts_at + m.days * interval '24 hours'))
    THEN
        RAISE EXCEPTION 'a_sanction_rests_on_a_measure_in_effect'
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'a_sanction_rests_on_a_measure_in_effect';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_sanction_rests_on_a_measure_in_effect
    BEFORE INSERT ON credit_sanction FOR EACH ROW
    EXECUTE FUNCTION credit_sanction_rests_on_a_measure();
"""

UNDO_PROMISE = """
DROP TRIGGER a_penalty_rests_on_a_decision_in_effect ON credit_ledgerentry;
DROP FUNCTION credit_penalty_rests_on_a_decision();
DROP TRIGGER a_sanction_rests_on_a_measure_in_effect ON credit_sanction;
DROP FUNCTION credit_sanction_rests_on_a_measure();
"""


class Migration(migrations.Migration):
    dependencies = [("groups", "0001_tables")]
    operations = [
        migrations.RunSQL(CREATE_LOG, reverse_sql="DROP TABLE groups_logentry"),
        migrations.RunSQL(PENALTY_RESTS_ON_A_DECISION, reverse_sql=UNDO_PROMISE),
    ]
