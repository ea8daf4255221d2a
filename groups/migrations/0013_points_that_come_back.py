"""Promise 1 in the database: what comes back, and what is put off, rests on a decision in effect."""

from django.db import migrations

RESTS_ON_A_DECISION = """
CREATE FUNCTION credit_restoration_rests_on_a_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM groups_decision d
        WHERE d.id = NEW.decision_id AND d.effective_at IS NOT NULL
          AND (d.outcome = 'OWNER_HANDLED' OR EXISTS (
            SELECT FROM credit_ledgerentry f
            WHERE f.id = NEW.restores_id AND f.decision_id = d.id)))
    THEN
        RAISE EXCEPTION 'a_restoration_rests_on_a_decision_in_effect'
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'a_restoration_rests_on_a_decision_in_effect';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_restoration_rests_on_a_decision_in_effect
    BEFORE INSERT ON credit_ledgerentry FOR EACH ROW WHEN (NEW.kind = 'RESTORATION')
    EXECUTE FUNCTION credit_restoration_rests_on_a_decision();

CREATE FUNCTION credit_putting_off_rests_on_a_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM groups_decision d
        WHERE d.id = NEW.decision_id AND d.effective_at IS NOT NULL
          AND (d.outcome = 'OWNER_HANDLED' OR d.subject_account_id = NEW.account_id))
    THEN
        RAISE EXCEPTION 'a_point_is_put_off_by_a_decision_in_effect'
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'a_point_is_put_off_by_a_decision_in_effect';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_point_is_put_off_by_a_decision_in_effect
    BEFORE INSERT ON credit_ledgerentry
    FOR EACH ROW WHEN (NEW.kind = 'REVERSAL' AND NEW.points < 0)
    EXECUTE FUNCTION credit_putting_off_rests_on_a_decision();
"""

UNDO = """
DROP TRIGGER a_restoration_rests_on_a_decision_in_effect ON credit_ledgerentry;
DROP FUNCTION credit_restoration_rests_on_a_decision();
DROP TRIGGER a_point_is_put_off_by_a_decision_in_effect ON credit_ledgerentry;
DROP FUNCTION credit_putting_off_rests_on_a_decision();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0006_points_that_come_back"),
        ("groups", "0012_words_for_lifts_and_adjustments"),
    ]

    operations = [migrations.RunSQL(RESTS_ON_A_DECISION, UNDO)]
