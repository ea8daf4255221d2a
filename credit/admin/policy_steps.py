"""The way of a policy from a draft into effect, in dialogs on its page."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from credit.actions import policies, simulations
from credit.models import Policy, Simulation
from identity import access
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import dialogs, panels

State = Policy.State


class DayForm(BaseDialogForm):
    day = dialogs.DayField(
        label="From this day on",
        required=False,
        help_text="From its first minute in your time zone. Left empty, at once.",
    )


def _dialog(title: str, description: str, submit: str, form: Any = dialogs.Confirmation) -> Any:
    return {
        "title": title,
        "description": description,
        "form_class": form,
        "form_submit_text": submit,
    }


DRAFT = _dialog(
    "Draft a new version",
    "It begins with what this version says. Nothing changes before you simulated it, a second "
    "person approved it, and somebody put it into effect.",
    "Draft it",
)
SIMULATE = _dialog(
    "Simulate this version",
    "It is run against all that is recorded on the platform: who would stand where, and who would "
    "lose or get what. That takes from seconds to a minute, and changes nothing for anybody.",
    "Simulate it",
)
SEND_BACK = _dialog(
    "Send this version back",
    "It is a draft again, for whoever drafted it to change, and has to be simulated anew.",
    "Send it back",
)
APPROVE = _dialog(
    "Approve this version",
    "You vouch for it as the second person. Look at its simulation first. It takes effect when "
    "somebody puts it into effect.",
    "Approve it",
)
ACTIVATE = _dialog(
    "Put this version into effect",
    "Entries keep their points and their end. Score, levels and what they bring are those of this "
    "version from then on. The platform is told of everybody whose answers change.",
    "Put it into effect",
    DayForm,
)
WITHDRAW = _dialog(
    "Withdraw this version",
    "It never takes effect, and stays on record as retired.",
    "Withdraw it",
)


class PolicySteps:
    """Mixed into the admin of policies: which step is open to whom, and taking it."""

    actions_detail = ("draft_from", "simulate", "send_back", "approve", "activate", "withdraw")

    def require_change(self, request: HttpRequest, policy: Policy) -> None:
        """Open the form of its terms to its drafter only, until somebody approves it.

        Raises StaffOnly, NotByThisPerson, NotNow.
        """
        if not self._manages(request, policy):
            raise access.StaffOnly("Your role on this platform does not change policies.")
        if policy.drafted_by_id != request.user.pk:
            raise policies.NotByThisPerson(
                "Somebody else drafted this version. Draft one of your own from it."
            )
        if policy.state not in (State.DRAFT, State.SIMULATED):
            raise policies.NotNow(f"Version {policy.version} is no draft any more.")

    def _manages(self, request: HttpRequest, policy: Policy | None) -> bool:
        allowed = self.admin_site.platform_ids(request, [Permission.MANAGE_POLICY])
        return policy is not None and policy.platform_id in allowed

    def _in(self, request: HttpRequest, object_id: Any, *states: str) -> bool:
        policy = self.get_object(request, object_id) if object_id else None
        return self._manages(request, policy) and policy.state in (states or State.values)

    def has_draft_from_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in(request, object_id)

    def has_simulate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        under_way = Simulation.objects.filter(policy=object_id, state__in=["WAITING", "RUNNING"])
        return self._in(request, object_id, State.DRAFT, State.SIMULATED) and not under_way.exists()

    def has_send_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in(request, object_id, State.SIMULATED)

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not self._in(request, object_id, State.SIMULATED):
            return False
        return self.get_object(request, object_id).drafted_by_id != request.user.pk

    def has_activate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in(request, object_id, State.APPROVED)

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._in(request, object_id, State.APPROVED)

    def _take(
        self,
        request: HttpRequest,
        form: forms.Form,
        object_id: str,
        dialog: dict[str, Any],
        step: Callable[[Policy], tuple[str, str]],
    ) -> HttpResponse:
        """Take a step that returns what to say and where to go."""
        policy = self.get_object(request, object_id)
        if policy is None or not self._manages(request, policy):
            raise Http404
        taken: list[str] = []

        def do() -> str:
            said, back = step(policy)
            taken.append(back)
            return said

        return dialogs.answer(request, form=form, dialog=dialog, do=do, back=lambda: taken[0])

    @action(
        description="Draft from this", icon="edit_note", permissions=["draft_from"], dialog=DRAFT
    )
    def draft_from(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        def step(policy: Policy) -> tuple[str, str]:
            made = policies.draft(
                platform=policy.platform, document=policy.document, **_who(request)
            )
            said = f"Version {made.version} is drafted. Change what it says, then simulate it."
            return said, reverse("admin:credit_policy_terms", args=[made.pk])

        return self._take(request, form, object_id, DRAFT, step)

    @action(description="Simulate", icon="science", permissions=["simulate"], dialog=SIMULATE)
    def simulate(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        def step(policy: Policy) -> tuple[str, str]:
            made = simulations.request(policy=policy, **_who(request))
            return "The simulation begins within a minute.", panels.page_of(made)

        return self._take(request, form, object_id, SIMULATE, step)

    @action(description="Send back", icon="undo", permissions=["send_back"], dialog=SEND_BACK)
    def send_back(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        def step(policy: Policy) -> tuple[str, str]:
            policies.send_back(policy=policy, **_who(request))
            return f"Version {policy.version} is a draft again.", panels.page_of(policy)

        return self._take(request, form, object_id, SEND_BACK, step)

    @action(description="Approve", icon="how_to_reg", permissions=["approve"], dialog=APPROVE)
    def approve(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        def step(policy: Policy) -> tuple[str, str]:
            policies.approve(policy=policy, **_who(request))
            return f"Version {policy.version} is approved.", panels.page_of(policy)

        return self._take(request, form, object_id, APPROVE, step)

    @action(
        description="Put into effect", icon="play_arrow", permissions=["activate"], dialog=ACTIVATE
    )
    def activate(self, request: HttpRequest, form: DayForm, object_id: str) -> HttpResponse:
        day = form.cleaned_data["day"]

        def step(policy: Policy) -> tuple[str, str]:
            if day is None:
                policies.activate(policy=policy, **_who(request))
                return f"Version {policy.version} is in effect.", panels.page_of(policy)
            midnight = timezone.make_aware(datetime.combine(day, time()))
            policies.schedule(policy=policy, due_from=midnight, **_who(request))
            said = f"Version {policy.version} takes effect on {day:%-d %B %Y}."
            return said, panels.page_of(policy)

        return self._take(request, form, object_id, ACTIVATE, step)

    @action(description="Withdraw", icon="block", permissions=["withdraw"], dialog=WITHDRAW)
    def withdraw(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        def step(policy: Policy) -> tuple[str, str]:
            policies.withdraw(policy=policy, **_who(request))
            return f"Version {policy.version} was withdrawn.", panels.page_of(policy)

        return self._take(request, form, object_id, WITHDRAW, step)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"by": Actor.user(request.user), "at": timezone.now()}
