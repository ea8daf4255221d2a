"""Who may decide: a person with the permission, without a stake, and not the same one twice."""

from uuid import UUID

from django.db import IntegrityError

from groups.models import Case, Decision, Tenure
from identity import access
from identity.models import Account, User
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.errors import AccordError, Conflict, Forbidden


class OnlyAPerson(Forbidden):
    """Decisions are taken by people, never by a program or a timer."""

    code = "only-a-person-decides"
    title = "A person has to do this"


class ConflictOfInterest(Forbidden):
    """You have a stake in this case: it is about you, your group, or what you reported."""

    code = "conflict-of-interest"
    title = "Somebody else has to decide this"
    advice = "Release the case, so that a colleague without a stake in it can take it."


class SecondPersonNeeded(Forbidden):
    """Two people stand for what takes much from somebody, and others again review it."""

    code = "second-person-needed"
    title = "Another person has to do this"
    advice = "Ask a colleague who did not take part in the decision so far."


def require(*, by: Actor, permission: Permission, case: Case) -> User:
    """Return the person who acts. Raises OnlyAPerson, StaffOnly, ConflictOfInterest."""
    if not by.is_person or by.id is None:
        raise OnlyAPerson("Only a signed-in person can do this.")
    user = User.objects.get(pk=by.id)
    access.require(user, permission, case.platform)
    if stake := get_stake(user_id=user.pk, case=case):
        raise ConflictOfInterest(stake)
    return user


def get_stake(*, user_id: UUID, case: Case) -> str | None:
    """Return the sentence that says why this person may not decide, or null."""
    own = Account.objects.filter(platform_id=case.platform_id, user_id=user_id)
    accounts = set(own.values_list("pk", flat=True))
    if not accounts:
        return None
    if case.subject_id in accounts:
        return "This case is about your own account. A colleague has to decide it."
    held = Tenure.objects.current().filter(group_id=case.group_id, account__in=accounts)
    if case.owner_at_opening_id in accounts or held.exists():
        return "You answer for this group, or did. A colleague has to decide it."
    if case.flags.filter(reporter__in=accounts).exists():
        return "You sent a report in this case. A colleague has to decide it."
    return None


def require_other_than_deciders(*, user: User, decision: Decision) -> None:
    """Raise SecondPersonNeeded for anybody who decided or approved it or what it overrides."""
    earlier: Decision | None = decision
    while earlier is not None:
        if user.pk in (earlier.decided_by_id, earlier.approved_by_id):
            raise SecondPersonNeeded(
                f"You took part in {earlier.reference}. A colleague has to look at it now."
            )
        earlier = earlier.overrides


_IN_WORDS: dict[str, tuple[type[AccordError], str]] = {
    "nobody_decides_on_their_own_account_or_group": (
        ConflictOfInterest,
        "This is about your own account or group. A colleague has to decide it.",
    ),
    "decider_and_approver_are_two_people": (
        SecondPersonNeeded,
        "You took this decision. A colleague has to approve it.",
    ),
    "decider_and_returner_are_two_people": (
        SecondPersonNeeded,
        "You took this decision. A colleague has to look at it.",
    ),
    "an_override_is_decided_by_other_people": (
        SecondPersonNeeded,
        "You took part in the decision that was appealed. A colleague has to look at it.",
    ),
    "an_appeal_is_reviewed_by_somebody_else": (
        SecondPersonNeeded,
        "You took part in the decision, or appealed it. A colleague has to review it.",
    ),
}


def in_words(error: IntegrityError) -> AccordError:
    """Turn what the database refused into the error that the check before it would have raised."""
    for name, (kind, sentence) in _IN_WORDS.items():
        if name in str(error):
            return kind(sentence)
    return Conflict("Somebody else was faster. Load the page again and look at what changed.")
