from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from credit.models import Privilege
from groups.models.decisions import Decision
from groups.models.groups import Group
from portal.core.ids import uuid7
from portal.core.triggers import deleted_by_the_purge_only, frozen


class Measure(models.Model):
    """One thing a decision does. Those that suspend, revoke, freeze or close need two people."""

    class Kind(models.TextChoices):
        WARN = "WARN", "Warning"
        SUSPEND = "SUSPEND", "Suspend a privilege"
        REVOKE = "REVOKE", "Revoke a privilege"
        FREEZE_GROUP = "FREEZE_GROUP", "Freeze the group"
        CLOSE_GROUP = "CLOSE_GROUP", "Close the group"

    NEED_APPROVAL: ClassVar = [
        Kind.SUSPEND,
        Kind.REVOKE,
        Kind.FREEZE_GROUP,
        Kind.CLOSE_GROUP,
    ]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="measures")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    privilege = models.CharField(max_length=12, choices=Privilege.choices, null=True)
    # A privilege taken in this group only; null: on the whole platform.
    in_group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True, related_name="+")
    days = models.PositiveIntegerField(null=True)
    # What it did, written when it took effect: `roles` that ended, the `group_state` before and
    # after, or that the suspension was `served` under the decision which this one overrides.
    effect = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_privilege_is_named_when_suspended_or_revoked",
                condition=Q(kind__in=["SUSPEND", "REVOKE"], privilege__isnull=False)
                | (~Q(kind__in=["SUSPEND", "REVOKE"]) & Q(privilege__isnull=True)),
            ),
            models.CheckConstraint(
                name="a_suspension_says_for_how_long",
                condition=Q(kind="SUSPEND", days__isnull=False, days__gt=0)
                | (~Q(kind="SUSPEND") & Q(days=None)),
            ),
            models.UniqueConstraint(
                fields=["decision", "kind", "privilege", "in_group"],
                nulls_distinct=False,
                name="a_decision_takes_a_measure_once",
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "a_measure_keeps_its_terms",
                ["decision_id", "kind", "privilege", "in_group_id", "days"],
            ),
            frozen(
                "a_measure_is_undone_once",
                ["undone_at"],
                when="OLD.undone_at IS NOT NULL",
            ),
            pgtrigger.Trigger(
                name="a_decision_in_effect_takes_no_more_measures",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (
                        SELECT FROM groups_decision d WHERE d.id = NEW.decision_id
                        AND (d.effective_at IS NOT NULL OR d.returned_at IS NOT NULL))
                    THEN
                        RAISE EXCEPTION 'a_decision_in_effect_takes_no_more_measures'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'a_decision_in_effect_takes_no_more_measures';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="a_severe_measure_waits_for_a_second_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(
                    new__kind__in=["SUSPEND", "REVOKE", "FREEZE_GROUP", "CLOSE_GROUP"]
                ),
                func="""
                    IF EXISTS (
                        SELECT FROM groups_decision d
                        WHERE d.id = NEW.decision_id AND NOT d.needs_approval)
                    THEN
                        RAISE EXCEPTION 'a_severe_measure_waits_for_a_second_person'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'a_severe_measure_waits_for_a_second_person';
                    END IF;
                    RETURN NEW;
                """,
            ),
            deleted_by_the_purge_only("a_measure_is_deleted_by_the_purge_only"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
