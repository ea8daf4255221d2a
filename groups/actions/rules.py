"""Publishing rules. What was published stays as it was; a new version takes over."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from groups import default_rules, dsa
from groups.actions import templates
from groups.default_rules import Terms
from groups.models import Rule
from portal.core import audit
from portal.core.actors import Actor
from portal.core.errors import Conflict, Invalid
from portal.core.models import Platform

PUBLISH = "rules.publish"


class UnusableRule(Invalid):
    """The rule cannot be published: its category is none of conduct, or its keyword of another."""

    code = "unusable-rule"
    title = "The rule cannot be published"
    advice = "Choose a category of conduct, and one of its keywords or none."


class RuleRetired(Conflict):
    """The rule, in this version, is no longer in force."""

    code = "rule-retired"


@transaction.atomic(savepoint=False)
def publish(*, platform: Platform, terms: Terms, by: Actor, at: datetime) -> Rule:
    """Put a rule into force as its next version; the version before it retires.

    Raises UnusableRule when the category is not one of conduct or the keyword not one of its.
    """
    if terms.dsa_category not in dsa.KEYWORDS:
        raise UnusableRule(
            "Rules are about conduct: choose a category that is not about opinions.",
            category=terms.dsa_category,
        )
    if terms.dsa_keyword and terms.dsa_keyword not in dsa.KEYWORDS[terms.dsa_category]:
        raise UnusableRule("This keyword belongs to another category.", keyword=terms.dsa_keyword)
    versions = Rule.objects.filter(platform=platform, code=terms.code)
    last = max((rule.version for rule in versions.select_for_update(no_key=True)), default=0)
    versions.filter(retired_at=None).update(retired_at=at)
    rule = Rule.objects.create(
        platform=platform, version=last + 1, published_at=at, **asdict(terms)
    )
    audit.record(action=PUBLISH, record=rule, by=by, at=at, new=_as_audited(rule))
    return rule


@transaction.atomic(savepoint=False)
def retire(*, rule: Rule, by: Actor, at: datetime) -> Rule:
    """Take a rule out of force. Open cases under it go on. Raises RuleRetired."""
    if not Rule.objects.filter(pk=rule.pk, retired_at=None).update(retired_at=at):
        raise RuleRetired(f"{rule} is not in force any more.")
    rule.retired_at = at
    audit.record(action="rules.retire", record=rule, by=by, at=at, new={"code": rule.code})
    return rule


@transaction.atomic(savepoint=False)
def install_defaults(*, platform: Platform, by: Actor, at: datetime) -> list[Rule]:
    """Give a platform the default rules and notices that it does not have yet."""
    known = set(Rule.objects.filter(platform=platform).values_list("code", flat=True))
    templates.install_defaults(platform=platform, by=by, at=at)
    made = Rule.objects.bulk_create(
        Rule(platform=platform, version=1, published_at=at, **asdict(terms))
        for terms in default_rules.RULES
        if terms.code not in known
    )
    audit.record_each(
        action=PUBLISH,
        changes=[(rule, {}, _as_audited(rule)) for rule in made],
        by=by,
        at=at,
    )
    return made


def _as_audited(rule: Rule) -> dict[str, Any]:
    return {"code": rule.code, "version": rule.version, "severity": rule.severity}
