"""Reports as platforms send them: records named by the platform's own ids and codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from groups import access
from groups.actions import flags
from groups.queries import rules
from identity.actions import accounts
from identity.models import Account
from portal.core.actors import Actor
from portal.core.errors import Invalid, NotFound
from portal.core.models import Platform


class UnknownRecords(Invalid):
    """The report names a group or rule that the platform does not have. `fields` says which."""

    code = "unknown-records"
    title = "The report names records that do not exist"

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(text for texts in fields.values() for text in texts))
        self.fields = dict(fields)


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent. A platform need not have told of an account before somebody reports it."""

    group: str
    rule: str
    statement: str
    source: str
    excerpts: Sequence[str]
    subject: str | None = None
    reporter: str | None = None
    id: str | None = None


@transaction.atomic(savepoint=False)
def take(*, platform: Platform, given: Given, by: Actor, at: datetime) -> flags.Receipt:
    """Take a report by the platform's own ids. Raises UnknownRecords, and what flags.take does."""
    unknown: dict[str, list[str]] = {}
    try:
        group = access.get_group_on(platform, given.group)
    except NotFound:
        unknown["group"] = ["Your platform has no group with this id. Send its events first."]
    try:
        rule = access.get_rule_in_force(platform, given.rule)
    except NotFound:
        codes = ", ".join(
            rules.list_in_force(platform_id=platform.pk).values_list("code", flat=True)
        )
        unknown["rule"] = [f"There is no such rule in force. There are: {codes or 'none yet'}."]
    if unknown:
        raise UnknownRecords(unknown)
    named = [name for name in (given.subject, given.reporter) if name]
    ids = accounts.ensure(platform=platform, external_ids=named, by=by, at=at)
    people = Account.objects.select_related("user").in_bulk(ids.values())
    report = flags.Report(
        platform=platform,
        group=group,
        subject=people[ids[given.subject]] if given.subject else None,
        rule=rule,
        reporter=people[ids[given.reporter]] if given.reporter else None,
        source=given.source,
        statement=given.statement,
        excerpts=given.excerpts,
        external_id=given.id or None,
    )
    return flags.take(report=report, by=by, at=at)
