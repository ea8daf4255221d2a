from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from credit.models.policies import Policy
from identity.models import Account
from portal.core.models import Platform
from portal.core.triggers import deleted_by_the_purge_only, update_of


class Standing(models.Model):
    """Where an account stands now: a projection of its ledger, always equal to a replay of it."""

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="standing"
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
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
            deleted_by_the_purge_only("a_standing_is_deleted_by_the_purge_only"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.tier}"
