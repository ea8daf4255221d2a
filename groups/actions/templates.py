"""Publishing the words of notices; what was sent with older words keeps them."""

from datetime import datetime
from typing import Any

from django.db import transaction

from groups import default_templates, wording
from groups.models import NoticeTemplate
from portal.core import audit
from portal.core.actors import Actor
from portal.core.models import Platform

PUBLISH = "templates.publish"


@transaction.atomic(savepoint=False)
def publish(
    *,
    platform: Platform,
    kind: str,
    language: str,
    subject: str,
    body: str,
    by: Actor,
    at: datetime,
    rule_code: str = "",
    measure_kind: str = "",
) -> NoticeTemplate:
    """Put new words into use; the version before them retires. Raises BrokenTemplate."""
    wording.slots_in(subject + body)
    same = NoticeTemplate.objects.select_for_update(no_key=True).filter(
        platform=platform,
        kind=kind,
        rule_code=rule_code,
        measure_kind=measure_kind,
        language=language,
    )
    last = max((template.version for template in same), default=0)
    same.filter(retired_at=None).update(retired_at=at)
    template = NoticeTemplate.objects.create(
        platform=platform,
        kind=kind,
        rule_code=rule_code,
        measure_kind=measure_kind,
        language=language,
        version=last + 1,
        subject=subject,
        body=body,
        published_at=at,
    )
    audit.record(action=PUBLISH, record=template, by=by, at=at, new=_as_audited(template))
    return template


@transaction.atomic(savepoint=False)
def install_defaults(*, platform: Platform, by: Actor, at: datetime) -> list[NoticeTemplate]:
    """Publish Accord's own words for what the platform has no words for yet."""
    known = set(
        NoticeTemplate.objects.filter(platform=platform, rule_code="").values_list(
            "kind", "measure_kind", "language"
        )
    )
    made = NoticeTemplate.objects.bulk_create(
        NoticeTemplate(
            platform=platform,
            kind=words.kind,
            measure_kind=words.measure_kind,
            language=words.language,
            version=1,
            subject=words.subject,
            body=words.body,
            published_at=at,
        )
        for words in default_templates.list_words()
        if (words.kind, words.measure_kind, words.language) not in known
    )
    audit.record_each(
        action=PUBLISH,
        changes=[(template, {}, _as_audited(template)) for template in made],
        by=by,
        at=at,
    )
    return made


def _as_audited(template: NoticeTemplate) -> dict[str, Any]:
    return {
        "kind": template.kind,
        "language": template.language,
        "version": template.version,
    }
