from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import (
    all_or_none,
    deleted_by_the_purge_only,
    frozen,
    legal_transitions,
    update_of,
)


class Policy(models.Model):
    """What counts how much and for how long, and what each tier may do: one version of it.

    The shape of `document` is credit.policy.Document.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT"
        SIMULATED = "SIMULATED"
        APPROVED = "APPROVED"
        ACTIVE = "ACTIVE"
        RETIRED = "RETIRED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="policies")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    document = models.JSONField()
    # Null: shipped with Accord.
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    # Of an approved one: when it is to take effect. Null until somebody says so.
    due_from = models.DateTimeField(null=True)
    active_from = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform"],
                condition=Q(state="ACTIVE"),
                name="one_active_policy_per_platform",
            ),
            models.UniqueConstraint(
                fields=["platform", "version"], name="a_policy_version_is_used_once"
            ),
            models.CheckConstraint(
                name="policy_is_approved_by_another_person",
                condition=Q(approved_by__isnull=True)
                | Q(drafted_by__isnull=True)
                | ~Q(approved_by=F("drafted_by")),
            ),
            models.CheckConstraint(
                name="policy_is_approved_by_whom_and_when",
                condition=all_or_none("approved_by", "approved_at"),
            ),
            models.CheckConstraint(
                name="a_drafted_policy_acts_only_once_approved",
                condition=Q(state__in=["DRAFT", "SIMULATED"])
                | Q(drafted_by__isnull=True)
                | Q(approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_policy_is_approved_after_simulation",
                condition=Q(approved_by__isnull=True) | ~Q(state__in=["DRAFT", "SIMULATED"]),
            ),
            # The policy of an instant is found by these two, whatever its state.
            models.CheckConstraint(
                name="a_policy_says_since_when_it_is_in_effect",
                condition=Q(state="ACTIVE", active_from__isnull=False)
                | Q(state="RETIRED")
                | Q(state__in=["DRAFT", "SIMULATED", "APPROVED"], active_from__isnull=True),
            ),
            models.CheckConstraint(
                name="only_an_approved_policy_waits_for_its_day",
                condition=Q(due_from__isnull=True) | Q(state="APPROVED"),
            ),
            models.CheckConstraint(
                name="a_policy_says_when_it_was_retired",
                condition=Q(state="RETIRED", retired_at__isnull=False)
                | (~Q(state="RETIRED") & Q(retired_at__isnull=True)),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "policy_moves_forward_only",
                "state",
                [
                    ("DRAFT", "SIMULATED"),
                    ("SIMULATED", "DRAFT"),
                    ("SIMULATED", "APPROVED"),
                    ("APPROVED", "ACTIVE"),
                    ("APPROVED", "RETIRED"),
                    ("ACTIVE", "RETIRED"),
                ],
            ),
            # Nobody drafted the shipped one, so nobody else has to approve it: it comes first only.
            # After the insert, so that the checks word what they refuse.
            pgtrigger.Trigger(
                name="only_the_first_policy_begins_without_a_draft",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.state = 'DRAFT' AND NEW.drafted_by_id IS NOT NULL
                        OR NEW.state = 'ACTIVE' AND NEW.drafted_by_id IS NULL AND NOT EXISTS (
                            SELECT FROM credit_policy
                            WHERE platform_id = NEW.platform_id AND id <> NEW.id)
                    THEN
                        RETURN NULL;
                    END IF;
                    RAISE EXCEPTION 'only_the_first_policy_begins_without_a_draft'
                        USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = 'only_the_first_policy_begins_without_a_draft';
                """,
            ),
            # Nobody vouches for terms whose effect nobody has seen.
            pgtrigger.Trigger(
                name="a_policy_is_simulated_as_it_is_written",
                when=pgtrigger.Before,
                operation=update_of("state"),
                condition=pgtrigger.Q(new__state="SIMULATED", old__state="DRAFT"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM credit_simulation
                        WHERE policy_id = NEW.id AND state = 'DONE' AND document = NEW.document)
                    THEN
                        RAISE EXCEPTION 'a_policy_is_simulated_as_it_is_written'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'a_policy_is_simulated_as_it_is_written';
                    END IF;
                    RETURN NEW;
                """,
            ),
            frozen(
                "a_policy_keeps_its_platform_and_drafter",
                ["platform_id", "drafted_by_id", "drafted_at"],
            ),
            frozen(
                "a_policy_keeps_its_terms_after_simulation",
                ["document", "version"],
                when="OLD.state <> 'DRAFT'",
            ),
            frozen(
                "a_policy_keeps_its_approval",
                ["approved_by_id", "approved_at"],
                when="OLD.state NOT IN ('DRAFT', 'SIMULATED')",
            ),
            frozen(
                "a_policy_keeps_since_when_it_is_in_effect",
                ["active_from"],
                when="OLD.state IN ('ACTIVE', 'RETIRED')",
            ),
            frozen(
                "a_policy_keeps_when_it_was_retired",
                ["retired_at"],
                when="OLD.state = 'RETIRED'",
            ),
            deleted_by_the_purge_only("a_policy_is_deleted_by_the_purge_only"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} policy {self.version}"
