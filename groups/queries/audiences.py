"""Who hears of a decision: those it is about, those who answer for the group, the reporters."""

from dataclasses import dataclass, replace
from uuid import UUID

from groups.models import Case, Tenure
from groups.models.tenures import Role
from identity.models import Account


@dataclass(frozen=True, slots=True)
class Audience:
    """People told of a decision, each in one capacity: the subject, the owners, the reporters."""

    subject: Account | None
    owners: tuple[Account, ...]
    reporters: tuple[Account, ...]

    @property
    def affected(self) -> tuple[Account, ...]:
        return (*([self.subject] if self.subject else []), *self.owners)

    def on_appeal(self, *, appellant: Account, leaves_measures: bool) -> "Audience":
        """Leave out who appealed: they hear the outcome of the appeal.

        What measures the new decision leaves takes a notice of its own, with its grounds.
        """
        reporters = tuple(account for account in self.reporters if account != appellant)
        if leaves_measures:
            return replace(self, reporters=reporters)
        return Audience(
            subject=None if self.subject == appellant else self.subject,
            owners=tuple(owner for owner in self.owners if owner != appellant),
            reporters=reporters,
        )


def get_audience(*, case: Case, subject: Account | None) -> Audience:
    """Return who is to hear of a decision in the case, as things stand now.

    `subject` is null when the decision is about the group; then its owner when the case was
    opened hears of it too.
    """
    owners = list(_owners(group_id=case.group_id))
    if subject is None and case.owner_at_opening and case.owner_at_opening not in owners:
        owners.append(case.owner_at_opening)
    reporters = Account.objects.filter(flags_sent__case=case).distinct().order_by("pk")
    return Audience(
        subject=subject,
        owners=tuple(owner for owner in owners if owner != subject),
        reporters=tuple(reporters),
    )


def _owners(*, group_id: UUID) -> list[Account]:
    held = Tenure.objects.current().filter(group_id=group_id, role=Role.OWNER)
    return [tenure.account for tenure in held.select_related("account")]
