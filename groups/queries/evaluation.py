"""May this account do that with this group? Finds both by their external ids and asks credit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from credit import evaluation
from credit.evaluation import Action, Evaluation
from credit.privileges import Reason
from groups.models import Decision, Group, Measure
from groups.queries import ready
from groups.queries.ready import Known
from identity.models import Account
from portal.core import rows
from portal.core.models import Platform

Found = TypeVar("Found", Account, Group)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An evaluation, and the numbers under which people know the decisions behind it."""

    evaluation: Evaluation
    references: Mapping[UUID, str]

    def quote(self, decision_ids: Iterable[UUID]) -> list[str]:
        return [self.references[i] for i in decision_ids if i in self.references]


def evaluate(
    *,
    platform: Platform,
    account_id: str,
    action: Action,
    group_id: str | None,
    group_size: int | None,
    at: datetime,
) -> Verdict:
    """Answer for external ids. Those Accord does not know count as new, not as suspect.

    A group's own size is used where the platform sends none.
    """
    found = ready.find(platform_id=platform.pk, external_id=account_id, at=at)
    account = found.account if found else _get(Account, platform, account_id)
    group = _get(Group, platform, group_id) if group_id is not None else None
    return evaluate_known(
        platform=platform,
        account=account,
        action=action,
        group=group,
        group_size=group_size,
        at=at,
        known=found,
    )


def evaluate_known(
    *,
    platform: Platform,
    account: Account | None,
    action: Action,
    group: Group | None,
    group_size: int | None,
    at: datetime,
    owned_it_before: bool = False,
    known: Known | None = None,
) -> Verdict:
    """Answer for records of the platform.

    Whoever takes back what was theirs a moment ago takes on nothing: limits do not count.
    `known` is what `groups.queries.ready` found of the account.
    """
    owned: Collection[UUID] = ()
    if known is not None:
        owned = known.owned
    elif account is not None and action is not Action.MANAGE_GROUP:
        owned = ready.list_owned(account=account, at=at)
    found = evaluation.evaluate(
        account=account,
        action=action,
        group_id=group.pk if group else None,
        group_size=group_size if group_size is not None or group is None else group.size,
        at=at,
        platform_id=platform.pk,
        groups_owned=len(owned),
        owns_it_already=owned_it_before or (group is not None and group.pk in owned),
        refusals=_get_refusals(group, action) if group else [],
        known=known.privileges if known else None,
    )
    return Verdict(found, _get_references(found))


def _get(model: type[Found], platform: Platform, external_id: str) -> Found | None:
    named = "WHERE platform_id = %s AND external_id = %s"
    return next(iter(rows.fetch_each(model, named, [platform.pk, external_id])), None)


def _get_refusals(group: Group, action: Action) -> list[Reason]:
    """Say why nobody may do anything with a group that is frozen or closed.

    One that is only frozen because nobody answers for it waits for somebody to take it on.
    """
    if group.waits_for_owner:
        if group.state != Group.State.FROZEN or action is Action.OWN_GROUP:
            return []
        sentence = _("This group is frozen, because nobody answers for it, until somebody does.")
        return [Reason("group-unclaimed", sentence)]
    if group.unclaimed_closed_at is not None and group.closed_at is None:
        sentence = _("This group was closed, because nobody answered for it.")
        return [Reason("group-unclaimed", sentence)]
    if group.state == Group.State.FROZEN:
        sentence = _("This group is frozen until a person lifts it.")
        return [_refuse("group-frozen", sentence, group, Measure.Kind.FREEZE_GROUP)]
    if group.state == Group.State.CLOSED and group.closed_at is not None:
        sentence = _("This group was closed by a decision.")
        return [_refuse("group-closed", sentence, group, Measure.Kind.CLOSE_GROUP)]
    if group.state == Group.State.CLOSED:
        return [Reason("group-archived", _("This group was archived on the platform."))]
    return []


def _refuse(code: str, sentence: str, group: Group, kind: Measure.Kind) -> Reason:
    in_force = Measure.objects.filter(
        kind=kind,
        undone_at=None,
        decision__case__group=group,
        decision__effective_at__isnull=False,
    )
    newest = in_force.order_by("-decision__effective_at")
    return Reason(code, sentence, None, tuple(newest.values_list("decision_id", flat=True)))


def _get_references(found: Evaluation) -> dict[UUID, str]:
    if not found.decision_ids:
        return {}
    behind = "SELECT id, number FROM groups_decision WHERE id = ANY(%s)"
    numbers = rows.fetch_prepared(behind, [list(found.decision_ids)])
    return {pk: Decision(number=number).reference for pk, number in numbers}
