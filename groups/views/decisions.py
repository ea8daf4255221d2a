"""A decision: what was decided, why, what it does, and how to contest it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from groups import access, notice_phrases
from groups.models import Decision
from groups.queries import decision_page
from groups.views import visitor
from identity.models import User
from portal.core.errors import NotFound


@require_safe
@login_required
def show(request: HttpRequest, reference: str) -> HttpResponse:
    user, at = visitor.user_of(request), visitor.now()
    decision = access.get_decision_for_owner(user, reference)
    words = notice_phrases.phrases("en")
    return render(
        request,
        "groups/decision.html",
        {
            "section": "groups",
            "trail": [("/", "Home"), ("", decision.reference)],
            "decision": decision,
            "outcome": words[decision.outcome],
            "ground": words[decision.ground].format(legal_ground=decision.legal_ground),
            "about": about(decision, user),
            "effects": effects_for(decision, user),
            "own": decision_page.get_own_right(decision=decision, user=user, at=at),
            "appeals": decision_page.list_own_appeals(decision=decision, user=user),
            "replaced_by": _replacement(decision),
            "replaces": decision.overrides,
            "case_is_shown": _is_case_shown(user, decision),
        },
    )


def effects_for(decision: Decision, user: User) -> list[decision_page.Effect]:
    subject = decision.subject_account
    return decision_page.list_effects(
        decision=decision,
        language="en",
        with_points=subject is not None and subject.user_id == user.pk,
    )


def about(decision: Decision, user: User) -> str:
    """Say whom or what the decision is about, from where the reader stands."""
    subject = decision.subject_account
    if subject is None:
        return f"the group {decision.case.group}"
    if subject.user_id == user.pk:
        return f"you, in the group {decision.case.group}"
    return f"{subject}, in the group {decision.case.group}"


def _replacement(decision: Decision) -> Decision | None:
    later = Decision.objects.filter(overrides=decision, effective_at__isnull=False)
    return later.order_by("pk").first()


def _is_case_shown(user: User, decision: Decision) -> bool:
    try:
        access.get_case_for_owner(user, decision.case_id)
    except NotFound:
        return False
    return True
