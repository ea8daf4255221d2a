from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from credit.models.policies import Policy
from identity.models import Account
from portal.core.models import Platform
from portal.core.triggers import (
    deleted_by_the_purge_only,
    never_truncated,
    update_of,
)


class Standing(models.Model):
    """Where an account stands now: a projection of its ledger, always equal to a replay of it."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="standing"
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+", db_index=False)
    score = models.SmallIntegerField()
    tier = models.CharField(max_length=40)
    # The last number of the ledger, also when the purge has taken that entry.
    last_sequence = models.PositiveIntegerField()
    as_of = models.DateTimeField()
    # When the score or a sanction next changes by itself; null when none will.
    next_change_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # The refresher asks whose standing is out of date.
            models.Index(
                fields=["next_change_at"],
                name="standing_changes_next",
                condition=Q(next_change_at__isnull=False),
            ),
            # And, after a new policy, whose standing is of the one before, in batches.
            models.Index(fields=["policy", "account"], name="standing_by_policy"),
        ]

        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="ledger_numbers_only_go_up",
                when=pgtrigger.Before,
                operation=update_of("last_sequence"),
                condition=pgtrigger.Q(old__last_sequence__gt=pgtrigger.F("new__last_sequence")),
                func="""
                    RAISE EXCEPTION 'ledger_numbers_only_go_up'
                        USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = 'ledger_numbers_only_go_up';
                """,
            ),
            # Otherwise the next entry would have to leave a gap. An upsert that keeps the number
            # of an entry the purge took comes here as an insert first, so what is stored counts.
            pgtrigger.Trigger(
                name="a_standing_is_never_ahead_of_its_ledger",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | update_of("last_sequence"),
                func="""
                    IF NEW.last_sequence > GREATEST(0, (
                        SELECT last_sequence FROM credit_standing
                        WHERE account_id = NEW.account_id), (
                        SELECT max(sequence) FROM credit_ledgerentry
                        WHERE account_id = NEW.account_id))
                    THEN
                        RAISE EXCEPTION 'a_standing_is_never_ahead_of_its_ledger: %',
                            NEW.last_sequence
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'a_standing_is_never_ahead_of_its_ledger';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Only where these are named: a new policy rewrites every row, and names neither.
            pgtrigger.Trigger(
                name="a_standing_stays_with_its_account",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("account_id", "platform_id"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(old__account__df=pgtrigger.F("new__account"))
                | pgtrigger.Q(old__platform__df=pgtrigger.F("new__platform")),
                func="""
                    RAISE EXCEPTION 'a_standing_stays_with_its_account'
                        USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = 'a_standing_stays_with_its_account';
                """,
            ),
            deleted_by_the_purge_only("a_standing_is_deleted_by_the_purge_only"),
            never_truncated("standings_are_never_truncated"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.tier}"
