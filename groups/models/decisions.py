from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value

from credit.models import Policy
from groups.models.cases import Case
from groups.models.groups import Group
from groups.models.rules import Rule
from identity.models import Account, User
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import all_or_none, deleted_by_the_purge_only, frozen, update_of

# SQL: the decision and all that it overrides, back to the first one of the case.
DECIDERS_BEFORE = """
                        WITH RECURSIVE earlier AS (
                            SELECT d.* FROM groups_decision d WHERE d.id = {decision}
                            UNION ALL
                            SELECT d.* FROM groups_decision d
                            JOIN earlier e ON e.overrides_id = d.id)"""


class DecisionQuerySet(models.QuerySet["Decision"]):
    def in_force(self) -> "DecisionQuerySet":
        """Keep the decisions in effect that no later one in effect overrides."""
        later = Decision.objects.filter(overrides=OuterRef("pk"), effective_at__isnull=False)
        return self.filter(~Exists(later), effective_at__isnull=False)


class Decision(models.Model):
    """What a person decided in a case, under which rule, on which facts, for which reasons.

    It is never edited: a later decision overrides it. With `needs_approval` it takes effect
    (`effective_at`) only when a second person approves. The fields of a statement of reasons
    (Regulation (EU) 2022/2065, Article 17) are stored when it is taken.
    """

    class Outcome(models.TextChoices):
        DISMISSED = "DISMISSED", "Not upheld"
        OWNER_HANDLED = "OWNER_HANDLED", "Upheld, handled by the owner"
        MEASURES = "MEASURES", "Upheld, with measures"

    class Ground(models.TextChoices):
        INCOMPATIBLE_CONTENT = "INCOMPATIBLE_CONTENT", "Against the published rules"
        ILLEGAL_CONTENT = "ILLEGAL_CONTENT", "Illegal"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("groups_decision_number"), function="nextval"),
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    subject_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="decisions_about"
    )
    subject_group = models.ForeignKey(
        Group, on_delete=models.PROTECT, null=True, related_name="decisions_about"
    )
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=20, choices=Ground.choices)
    legal_ground = models.CharField(max_length=500, blank=True)
    facts = models.TextField(max_length=5000)
    reasons = models.TextField(max_length=2000)
    # Points as they would be posted (zero or negative), under this policy.
    points = models.SmallIntegerField(default=0)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")
    # The effect the decider was shown; the second person approves this one and no other.
    foreseen = models.JSONField(default=dict)

    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    needs_approval = models.BooleanField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    returned_at = models.DateTimeField(null=True)
    return_reason = models.TextField(max_length=2000, null=True)
    # Null while it waits for the second person, and for ever when returned.
    effective_at = models.DateTimeField(null=True)
    appealable_until = models.DateTimeField(null=True)
    # The appeal's decision overrides the one appealed; each is overridden at most once. When
    # the second person returns an override, it lets go of what it would have overridden.
    overrides = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="overridden_by"
    )

    # Statement of reasons
    dsa_category = models.CharField(max_length=80)
    dsa_keyword = models.CharField(max_length=80, blank=True)
    source_type = models.CharField(max_length=40)
    automated_detection = models.BooleanField(default=False)
    territorial_scope = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    content_language = models.CharField(max_length=2, blank=True)
    noticed_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_decision_has_exactly_one_subject",
                condition=Q(subject_account__isnull=False, subject_group__isnull=True)
                | Q(subject_account__isnull=True, subject_group__isnull=False),
            ),
            models.CheckConstraint(
                name="decider_and_approver_are_two_people",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="decider_and_returner_are_two_people",
                condition=Q(returned_by__isnull=True) | ~Q(returned_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="a_decision_is_approved_by_whom_and_when",
                condition=all_or_none("approved_by", "approved_at"),
            ),
            models.CheckConstraint(
                name="a_decision_is_returned_by_whom_when_and_why",
                condition=all_or_none("returned_by", "returned_at", "return_reason"),
            ),
            models.CheckConstraint(
                name="a_held_decision_takes_effect_only_when_approved",
                condition=Q(effective_at__isnull=True)
                | Q(needs_approval=False)
                | Q(approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_returned_decision_never_takes_effect",
                condition=Q(returned_at__isnull=True) | Q(effective_at__isnull=True),
            ),
            models.CheckConstraint(
                name="a_decision_states_facts_and_reasons",
                condition=~Q(facts="") & ~Q(reasons=""),
            ),
            models.CheckConstraint(
                name="only_measures_against_an_account_cost_points",
                condition=Q(points=0)
                | Q(points__lt=0, outcome="MEASURES", subject_account__isnull=False),
            ),
            models.CheckConstraint(
                name="approval_puts_a_decision_into_effect",
                condition=Q(approved_by__isnull=True) | Q(effective_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_decision_in_effect_says_until_when_it_can_be_appealed",
                condition=Q(effective_at__isnull=True)
                # A comparison with null would pass.
                | Q(appealable_until__isnull=False, appealable_until__gt=F("effective_at")),
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(overrides__isnull=True, returned_at__isnull=True),
                name="a_case_has_one_first_decision",
            ),
            models.CheckConstraint(
                name="a_returned_decision_overrides_nothing",
                condition=Q(returned_at__isnull=True) | Q(overrides__isnull=True),
            ),
            models.CheckConstraint(
                name="an_illegal_ground_names_the_law",
                condition=~Q(ground="ILLEGAL_CONTENT") | ~Q(legal_ground=""),
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "a_decision_is_never_rewritten",
                [
                    "number",
                    "platform_id",
                    "case_id",
                    "subject_account_id",
                    "subject_group_id",
                    "outcome",
                    "rule_id",
                    "ground",
                    "legal_ground",
                    "facts",
                    "reasons",
                    "points",
                    "policy_id",
                    "foreseen",
                    "decided_by_id",
                    "decided_at",
                    "needs_approval",
                    "dsa_category",
                    "dsa_keyword",
                    "source_type",
                    "automated_detection",
                    "territorial_scope",
                    "content_language",
                    "noticed_at",
                ],
            ),
            frozen(
                "an_override_lets_go_only_when_returned",
                ["overrides_id"],
                when="NEW.returned_at IS NULL OR OLD.returned_at IS NOT NULL"
                " OR NEW.overrides_id IS NOT NULL",
            ),
            frozen(
                "a_decision_in_effect_stays_in_effect",
                ["effective_at", "approved_by_id", "approved_at", "appealable_until"],
                when="OLD.effective_at IS NOT NULL",
            ),
            frozen(
                "a_returned_decision_stays_returned",
                ["returned_by_id", "returned_at", "return_reason"],
                when="OLD.returned_at IS NOT NULL",
            ),
            pgtrigger.Trigger(
                name="nobody_decides_on_their_own_account_or_group",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | update_of("approved_by_id"),
                func="""
                    IF EXISTS (
                        SELECT FROM identity_account a
                        WHERE a.user_id IN (NEW.decided_by_id, NEW.approved_by_id)
                          AND (a.id = NEW.subject_account_id OR EXISTS (
                            SELECT FROM groups_tenure t
                            JOIN groups_case c ON c.group_id = t.group_id
                            WHERE c.id = NEW.case_id AND t.account_id = a.id
                              AND upper_inf(t.period))))
                    THEN
                        RAISE EXCEPTION 'nobody_decides_on_their_own_account_or_group'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'nobody_decides_on_their_own_account_or_group';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="an_override_is_decided_by_other_people",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | update_of("approved_by_id"),
                condition=pgtrigger.Q(new__overrides__isnull=False),
                func=f"""
                    IF EXISTS (
                        {DECIDERS_BEFORE.format(decision="NEW.overrides_id")}
                        SELECT FROM earlier e
                        WHERE NEW.decided_by_id IN (e.decided_by_id, e.approved_by_id)
                           OR NEW.approved_by_id IN (e.decided_by_id, e.approved_by_id))
                    THEN
                        RAISE EXCEPTION 'an_override_is_decided_by_other_people'
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'an_override_is_decided_by_other_people';
                    END IF;
                    RETURN NEW;
                """,
            ),
            deleted_by_the_purge_only("a_decision_is_deleted_by_the_purge_only"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"D-{self.number}"

    @property
    def is_held(self) -> bool:
        return self.needs_approval and self.effective_at is None and self.returned_at is None
