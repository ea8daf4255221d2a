from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, Func, Q

from groups.models.groups import Group
from identity.models import Account
from portal.core.ids import uuid7
from portal.core.models import Platform


class Role(models.TextChoices):
    OWNER = "OWNER"
    CO_OWNER = "CO_OWNER", "Co-owner"
    MANAGER = "MANAGER"


class RoleEvent(models.Model):
    """A fact that tenures are derived from: a role given or taken, a group archived or restored.

    The tenures of a group are always the fold of its role events in the order of
    `folding.Fact.order`, whatever order they arrived in.
    """

    class Kind(models.TextChoices):
        GRANTED = "GRANTED"
        REVOKED = "REVOKED"
        LEFT = "LEFT", "Left the group"
        REMOVED = "REMOVED", "Removed from the group"
        ARCHIVED = "ARCHIVED", "Group archived"
        RESTORED = "RESTORED", "Group restored"

    class Origin(models.TextChoices):
        PLATFORM = "PLATFORM"
        ACCORD = "ACCORD"

    class Cause(models.TextChoices):
        """What of Accord's own led to it; `caused_by` is its id."""

        DECISION = "DECISION", "Decision"
        REVERSAL = "REVERSAL", "Reversal of a decision"
        TRANSFER = "TRANSFER", "Transfer"
        CLAIM = "CLAIM", "Claim"

    class GrantedRole(models.TextChoices):
        """A platform names owners and managers; who of the owners answers, the fold finds."""

        OWNER = "OWNER"
        MANAGER = "MANAGER"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    event_key = models.UUIDField()
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="role_events")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="role_events"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    role = models.CharField(max_length=8, choices=GrantedRole.choices, null=True)
    occurred_at = models.DateTimeField()
    # Order among events of one instant, where the source has one.
    sequence = models.BigIntegerField(default=0)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.PLATFORM)
    actor = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    # Accord's own record (a decision, a transfer) that led to it. An event of the platform has no
    # cause: it may name the decision that it carries out.
    cause = models.CharField(max_length=8, choices=Cause.choices, null=True)
    caused_by = models.UUIDField(null=True)
    is_history = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["platform", "event_key"], name="a_role_event_is_stored_once"
            ),
            models.CheckConstraint(
                name="a_role_event_names_its_account_unless_about_the_group",
                condition=Q(kind__in=["ARCHIVED", "RESTORED"], account__isnull=True)
                | (~Q(kind__in=["ARCHIVED", "RESTORED"]) & Q(account__isnull=False)),
            ),
            models.CheckConstraint(
                name="a_grant_or_revocation_names_its_role",
                condition=~Q(kind__in=["GRANTED", "REVOKED"]) | Q(role__isnull=False),
            ),
            models.CheckConstraint(
                name="a_role_event_of_accord_says_what_led_to_it",
                condition=Q(origin="PLATFORM", cause__isnull=True)
                | Q(origin="ACCORD", cause__isnull=False, caused_by__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            # The fold reads one group's events in order.
            models.Index(fields=["group", "occurred_at", "sequence"], name="role_event_fold"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.role or ''} {self.account_id or ''}"


# Group and account in one value. As two columns the constraint's index looks to the planner like a
# cheap way to the tenures of an account, and is a walk through all of it.
PAIR = Func(
    Func("group", function="uuid_send"),
    Func("account", function="uuid_send"),
    arg_joiner=" || ",
    template="(%(expressions)s)",
)


class TenureQuerySet(models.QuerySet["Tenure"]):
    def at(self, at: datetime) -> "TenureQuerySet":
        """Keep the tenures that hold at `at`."""
        return self.filter(period__contains=at)

    def current(self) -> "TenureQuerySet":
        return self.filter(period__upper_inf=True)


class Tenure(models.Model):
    """An account held a role in a group for a period (half-open, [from, to))."""

    class Began(models.TextChoices):
        GRANTED = "GRANTED", "Granted on the platform"
        SUCCEEDED = "SUCCEEDED", "Succeeded as longest-serving co-owner"
        STEPPED_BACK = "STEPPED_BACK", "Became co-owner beside an earlier owner"
        TRANSFERRED = "TRANSFERRED", "Ownership transferred"
        CLAIMED = "CLAIMED", "Claimed a group without an owner"
        REINSTATED = "REINSTATED", "Reinstated after an appeal"

    class Ended(models.TextChoices):
        REVOKED = "REVOKED", "Revoked on the platform"
        CHANGED_ROLE = "CHANGED_ROLE", "Took another role"
        SUCCEEDED = "SUCCEEDED", "Became owner"
        LEFT = "LEFT", "Left the group"
        REMOVED = "REMOVED", "Removed from the group"
        GROUP_ARCHIVED = "GROUP_ARCHIVED", "Group archived"
        TRANSFERRED = "TRANSFERRED", "Ownership transferred"
        DECISION = "DECISION", "Ended by a decision"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="tenures")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tenures")
    role = models.CharField(max_length=8, choices=Role.choices)
    period = DateTimeRangeField()
    began = models.CharField(max_length=12, choices=Began.choices)
    began_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    began_event = models.UUIDField()
    ended = models.CharField(max_length=14, choices=Ended.choices, null=True)
    ended_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_event = models.UUIDField(null=True)
    is_history = models.BooleanField(default=False)
    # Of an owner or co-owner: since when without a break, and the place among those of that
    # instant. Kept, so that who succeeds is the same when the events behind it are purged.
    senior_from = models.DateTimeField(null=True)
    senior_place = models.PositiveIntegerField(null=True)
    # The decision in whose wake an owner succeeded; if it is reversed, they step back.
    stands_in_for = models.UUIDField(null=True)

    objects = TenureQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_owner_at_any_instant",
                expressions=[
                    ("group", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(role="OWNER"),
                # Re-deriving a group moves several tenures in one transaction.
                deferrable=Deferrable.IMMEDIATE,
            ),
            ExclusionConstraint(
                name="no_overlapping_tenures_of_one_account_in_a_group",
                expressions=[
                    (PAIR, RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                deferrable=Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                name="a_tenure_lasts_some_time",
                condition=Q(period__isempty=False, period__lower_inf=False),
            ),
            models.CheckConstraint(
                name="a_tenure_that_ended_says_how",
                condition=Q(period__upper_inf=True, ended__isnull=True, ended_event__isnull=True)
                | Q(
                    period__upper_inf=False,
                    ended__isnull=False,
                    ended_event__isnull=False,
                ),
            ),
        ]
        indexes: ClassVar = [
            # "My groups" and the groups of an account.
            models.Index(
                fields=["account"],
                name="tenure_current",
                condition=Q(ended__isnull=True),
            ),
            models.Index(
                Func("period", function="upper"),
                name="tenure_by_end",
                condition=Q(ended__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role} of {self.group_id}"

    @property
    def since(self) -> datetime:
        since: datetime = self.period.lower
        return since

    @property
    def until(self) -> datetime | None:
        until: datetime | None = self.period.upper
        return until

    def ends_at(self, at: datetime) -> datetime:
        """Return when it ends if it is ended at `at`: it lasts some time, so that a trace stays.

        It may have begun after `at`: of two commands the one with the earlier instant can come
        second, and a platform's clock can be ahead of ours.
        """
        return max(at, self.since + timedelta(microseconds=1))
