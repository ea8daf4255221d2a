"""What anybody may read: the rules in force, and how standing works, for each platform."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from credit import example
from credit import policy as policies
from credit import queries as credit_queries
from credit.models import Policy, Privilege
from credit.policy import Terms, Tier
from groups.models import Rule
from groups.queries import rules
from groups.views import levels, visitor
from portal.core.errors import NotFound
from portal.core.models import Platform

SEVERITIES = {
    "LOW": "Minor",
    "MEDIUM": "Serious",
    "HIGH": "Grave",
    "CRITICAL": "Most grave",
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Rule
    severity: str
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class LevelLine:
    """A level with what it brings, in words."""

    tier: Tier
    kind: str
    privileges: str


@require_safe
def show_rules(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Show the rules of a platform; without one, of the only one, or the choice."""
    platforms, platform = _choose(slug)
    policy = _policy(platform)
    document = policies.of(policy) if policy else None
    lines = [
        RuleLine(
            rule, SEVERITIES[rule.severity], document.terms_of(rule.severity) if document else None
        )
        for rule in (rules.list_in_force(platform_id=platform.pk) if platform else [])
    ]
    context = {"platforms": platforms, "platform": platform, "lines": lines, "document": document}
    return render(request, "groups/rules.html", context)


@require_safe
def explain_standing(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Explain standing with an example worked out from the policy that is in effect."""
    platforms, platform = _choose(slug)
    policy = _policy(platform)
    document = policies.of(policy) if policy else None
    context = {
        "platforms": platforms,
        "platform": platform,
        "policy": policy,
        "document": document,
        "terms": [(SEVERITIES[name], document.terms_of(name)) for name in policies.SEVERITIES]
        if document
        else [],
        "restores": document is not None
        and any(document.terms_of(name).restored_every_days for name in policies.SEVERITIES),
        "levels": [
            LevelLine(
                tier,
                levels.kind_of(i, len(document.tiers)).replace("limited", "watch"),
                ", ".join(Privilege(name).label for name in tier.privileges).capitalize(),
            )
            for i, tier in enumerate(document.tiers)
        ]
        if document
        else [],
        "example": [
            (line, SEVERITIES.get(line.severity or "", ""))
            for line in example.work_out(policy=policy, at=visitor.now())
        ]
        if policy
        else [],
    }
    return render(request, "groups/standing_explained.html", context)


def _choose(slug: str) -> tuple[Sequence[Platform], Platform | None]:
    platforms = list(Platform.objects.order_by("name", "pk"))
    if not slug:
        return platforms, platforms[0] if len(platforms) == 1 else None
    found = [platform for platform in platforms if platform.slug == slug]
    if not found:
        raise NotFound("There is no such service here. Check the address.")
    return platforms, found[0]


def _policy(platform: Platform | None) -> Policy | None:
    if platform is None:
        return None
    try:
        return credit_queries.get_policy(platform_id=platform.pk, at=visitor.now())
    except credit_queries.NoPolicy:
        return None
