from typing import ClassVar

from django.db import models
from django.db.models import Func, Q, Value

from groups.models.groups import Group
from groups.models.rules import Rule, Severity
from identity.models import Account, User
from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import all_or_none, append_only, frozen, legal_transitions


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> "CaseQuerySet":
        return self.filter(state__in=Case.OPEN_STATES)


class Case(models.Model):
    """Flags about one subject in one group under one rule, and what becomes of them."""

    class State(models.TextChoices):
        WITH_OWNER = "WITH_OWNER", "With the owner"
        WITH_STAFF = "WITH_STAFF", "With staff"
        WITH_SENIOR = "WITH_SENIOR", "With senior staff"
        DECIDED = "DECIDED"
        CLOSED = "CLOSED"

    OPEN_STATES: ClassVar = [State.WITH_OWNER, State.WITH_STAFF, State.WITH_SENIOR]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value("groups_case_number"), function="nextval"),
    )
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="cases")
    # The account that was reported; null when the report is about the group itself.
    subject = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="cases_about"
    )
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="+")
    severity = models.CharField(max_length=8, choices=Severity.choices)
    state = models.CharField(max_length=12, choices=State.choices)
    # The deadline of the present state.
    due_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    # Raised by every change: a form that shows an older version is refused.
    version = models.PositiveIntegerField(default=1)
    assignee = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    leased_until = models.DateTimeField(null=True)
    # The owner who was responsible when it arose: it stays with them after a transfer.
    owner_at_opening = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "subject", "rule"],
                condition=Q(state__in=["WITH_OWNER", "WITH_STAFF", "WITH_SENIOR"]),
                nulls_distinct=False,
                name="one_open_case_per_group_subject_and_rule",
            ),
            models.CheckConstraint(
                name="an_open_case_has_a_deadline",
                condition=Q(state__in=["DECIDED", "CLOSED"]) | Q(due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_decided_case_says_since_when",
                condition=~Q(state__in=["DECIDED", "CLOSED"]) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_closed_case_says_since_when",
                condition=~Q(state="CLOSED") | Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_case_is_claimed_with_a_lease",
                condition=all_or_none("assignee", "leased_until"),
            ),
        ]
        indexes: ClassVar = [
            # The sweeper, and the queue by deadline.
            models.Index(
                fields=["due_at"],
                name="case_due",
                condition=Q(state__in=["WITH_OWNER", "WITH_STAFF", "WITH_SENIOR"]),
            ),
            models.Index(fields=["platform", "state", "due_at"], name="case_queue"),
            models.Index(fields=["group", "-opened_at"], name="case_by_group"),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "case_moves_by_legal_steps",
                "state",
                [
                    ("WITH_OWNER", "WITH_STAFF"),
                    ("WITH_OWNER", "WITH_SENIOR"),
                    ("WITH_STAFF", "WITH_SENIOR"),
                    ("WITH_SENIOR", "WITH_STAFF"),
                    ("WITH_STAFF", "DECIDED"),
                    ("WITH_SENIOR", "DECIDED"),
                    ("DECIDED", "CLOSED"),
                ],
            ),
            frozen(
                "a_missed_deadline_is_recorded_once",
                ["breached_at"],
                when="OLD.breached_at IS NOT NULL",
            ),
            frozen(
                "a_case_keeps_what_it_is_about",
                [
                    "platform_id",
                    "group_id",
                    "subject_id",
                    "rule_id",
                    "opened_at",
                    "number",
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        return f"C-{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES


class Flag(models.Model):
    """What a reporter sent. Who sent it is never shown to the group."""

    class Source(models.TextChoices):
        NOTICE = "NOTICE", "Notice by a person"
        TRUSTED_FLAGGER = "TRUSTED_FLAGGER", "Notice by a trusted flagger"
        PLATFORM = "PLATFORM", "The platform's own initiative"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="flags")
    # The platform's own id of the report, when it has one: sending it twice is harmless.
    external_id = models.CharField(max_length=200, null=True)
    reporter = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, related_name="flags_sent"
    )
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.NOTICE)
    statement = EncryptedTextField()
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "external_id"], name="a_flag_is_taken_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Flag in {self.case_id}"


class Evidence(models.Model):
    """The excerpt a reporter chose to attach; encrypted, with a window of its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="evidence")
    excerpt = EncryptedTextField()
    sha256 = models.CharField(max_length=64)
    attached_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"Evidence of {self.flag_id}"


class CaseEntry(models.Model):
    """A line of a case's timeline, and what led to it. Public lines are seen by the group."""

    class Kind(models.TextChoices):
        OPENED = "OPENED"
        FLAGGED = "FLAGGED", "Reported again"
        ANSWERED = "ANSWERED", "Answered by the group"
        NOTE = "NOTE", "Internal note"
        CLAIMED = "CLAIMED"
        RELEASED = "RELEASED"
        ESCALATED = "ESCALATED"
        PROPOSED = "PROPOSED", "Decision waits for a second person"
        RETURNED = "RETURNED", "Decision returned by the second person"
        DECIDED = "DECIDED"
        APPEALED = "APPEALED"
        APPEAL_DECIDED = "APPEAL_DECIDED", "Appeal decided"
        LIFTED = "LIFTED", "Sanction lifted early"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    is_public = models.BooleanField()
    at = models.DateTimeField()
    # By a member of staff, by an account (owner, manager), or, both null, by Accord.
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    by_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    body = EncryptedTextField(blank=True)
    # For an escalation, the level it left: the database lets a level be left once by a deadline.
    left_state = models.CharField(max_length=12, choices=Case.State.choices, null=True)
    # What it rests on: label and id of a flag, rule, decision, appeal.
    cause_type = models.CharField(max_length=40, blank=True)
    cause_id = models.UUIDField(null=True)

    class Meta:
        verbose_name_plural = "case entries"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "left_state"],
                condition=Q(kind="ESCALATED"),
                name="a_case_escalates_once_per_level",
            ),
            models.CheckConstraint(
                name="an_escalation_says_which_level_it_left",
                condition=~Q(kind="ESCALATED") | Q(left_state__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["case", "at"], name="timeline_of_a_case")]
        triggers: ClassVar = append_only("timeline", encrypted="body")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"
