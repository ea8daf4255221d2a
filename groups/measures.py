"""What a person decides and the measures they choose, before they are rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from credit.models import Privilege
from groups.models import Group, Measure
from groups.models.decisions import Decision
from identity.models import Account
from portal.core.errors import Invalid

LONGEST_SUSPENSION_DAYS = 3650

_TAKES_PRIVILEGE = (Measure.Kind.SUSPEND, Measure.Kind.REVOKE)
_ON_GROUP = (Measure.Kind.FREEZE_GROUP, Measure.Kind.CLOSE_GROUP)


class UnusableMeasure(Invalid):
    """A measure does not fit the decision, or two of them do not fit together."""

    code = "unusable-measure"
    title = "A measure cannot be taken like this"


class Charge(StrEnum):
    """Which points a decision costs."""

    POLICY = "POLICY"  # What the policy sets for the case's severity.
    KEPT = "KEPT"  # What the overridden decision cost, until when it cost it.
    NONE = "NONE"  # Nothing any more: an override by way of a warning.


@dataclass(frozen=True, slots=True)
class MeasureInput:
    """One thing to do. `in_group` narrows a privilege to one group; null: the whole platform."""

    kind: str
    privilege: str | None = None
    in_group: Group | None = None
    days: int | None = None

    @property
    def takes_privilege(self) -> bool:
        return self.kind in _TAKES_PRIVILEGE

    @property
    def is_on_group(self) -> bool:
        return self.kind in _ON_GROUP

    @property
    def needs_approval(self) -> bool:
        return self.kind in Measure.NEED_APPROVAL

    @property
    def scope(self) -> tuple[str | None, object]:
        return self.privilege, self.in_group and self.in_group.pk


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody decides, in their words."""

    outcome: str
    facts: str
    reasons: str
    measures: Sequence[MeasureInput] = ()
    ground: str = Decision.Ground.INCOMPATIBLE_CONTENT
    legal_ground: str = ""
    # A case about the group holds its owner to account.
    about_owner: bool = False
    overrides: Decision | None = None
    charge: str = Charge.POLICY


def of(decision: Decision) -> list[MeasureInput]:
    """Return the measures of a stored decision."""
    rows = Measure.objects.filter(decision=decision).select_related("in_group")
    return [
        MeasureInput(row.kind, row.privilege, row.in_group, row.days) for row in rows.order_by("pk")
    ]


def check(
    measures: Sequence[MeasureInput],
    *,
    outcome: str,
    subject: Account | None,
    group: Group,
    holds_role: bool,
) -> None:
    """Raise UnusableMeasure unless the list fits the outcome and whom the decision is about.

    `subject` is null when it is about the group itself; `holds_role`: the subject owns or
    manages the group.
    """
    if outcome == Decision.Outcome.MEASURES and not measures:
        raise UnusableMeasure("Choose at least one measure, or an outcome without measures.")
    if outcome != Decision.Outcome.MEASURES and measures:
        raise UnusableMeasure(
            "This outcome takes no measures. Remove them, or choose “upheld, with measures”."
        )
    for measure in measures:
        _check_terms(measure)
        if measure.in_group is not None and measure.in_group.pk != group.pk:
            raise UnusableMeasure(
                "A privilege can be taken in the group of this case, or on the whole platform."
            )
        if measure.takes_privilege and subject is None:
            raise UnusableMeasure(
                "This decision is about the group. Only a person can lose a privilege."
            )
        if measure.is_on_group and subject is not None and not holds_role:
            raise UnusableMeasure(
                "The group can be frozen or closed only when the decision is about the group "
                "or about somebody who owns or manages it."
            )
    _check_together(measures)


def are_milder(measures: Sequence[MeasureInput], *, than: Sequence[MeasureInput]) -> bool:
    """Say whether each of `measures` takes no more than one of those before it."""
    return all(any(_takes_no_more(new, old) for old in than) for new in measures)


def _takes_no_more(new: MeasureInput, old: MeasureInput) -> bool:
    if new.kind == Measure.Kind.WARN:
        return True
    if new.is_on_group:
        return old.kind in (new.kind, Measure.Kind.CLOSE_GROUP)
    if new.privilege != old.privilege or old.in_group not in (None, new.in_group):
        return False
    if old.kind == Measure.Kind.REVOKE:
        return True
    return new.days is not None and old.days is not None and new.days <= old.days


def _check_terms(measure: MeasureInput) -> None:
    if measure.kind not in Measure.Kind.values:
        raise UnusableMeasure("There is no such measure.", kind=measure.kind)
    if measure.takes_privilege != (measure.privilege is not None) or (
        measure.privilege is not None and measure.privilege not in Privilege.values
    ):
        raise UnusableMeasure("Say which privilege to suspend or revoke; other measures name none.")
    is_suspension = measure.kind == Measure.Kind.SUSPEND
    if is_suspension != (measure.days is not None) or not (
        measure.days is None or 0 < measure.days <= LONGEST_SUSPENSION_DAYS
    ):
        raise UnusableMeasure(
            f"A suspension lasts between 1 and {LONGEST_SUSPENSION_DAYS} days; "
            "other measures have no length."
        )
    if measure.in_group is not None and not (
        measure.takes_privilege and measure.privilege != Privilege.CREATE_GROUP
    ):
        raise UnusableMeasure("Only owning and managing can be taken in one group alone.")


def _check_together(measures: Sequence[MeasureInput]) -> None:
    kinds = [measure.kind for measure in measures if not measure.takes_privilege]
    scopes = [measure.scope for measure in measures if measure.takes_privilege]
    if len(set(kinds)) < len(kinds) or len(set(scopes)) < len(scopes):
        raise UnusableMeasure("Each privilege and each measure can be chosen once.")
    if set(_ON_GROUP) <= set(kinds):
        raise UnusableMeasure("A closed group needs no freezing. Choose one of the two.")
