"""Sanctions, lifted early in a dialog by a senior who did not impose them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action, display

from credit import previews
from credit.admin.sanctions import SanctionAdmin
from credit.models import Sanction
from groups.actions import lifts
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import dialogs, panels


class LiftForm(dialogs.Foreseen):
    reason = forms.CharField(
        label="Why it is lifted",
        max_length=lifts.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads it. Name nobody else here.",
    )

    def foresee(self) -> list[str]:
        sanction = Sanction.objects.select_related("account").get(pk=self.object_id)
        change = previews.preview_lift(sanction=sanction, at=timezone.now())
        if not change.opened:
            return ["Nothing opens at once: their level or another sanction stands in the way."]
        names = ", ".join(privilege.label.lower() for privilege in change.opened)
        return [f"At once they may again: {names}."]


LIFT = {
    "title": "Lift this sanction early",
    "description": "The person is told, with your reason. Points stay, and a role that the "
    "decision ended is not given back: a group needs a transfer or a claim. If the decision was "
    "wrong, an appeal undoes all of it.",
    "form_class": LiftForm,
    "form_submit_text": "Lift it",
}
admin.site.unregister(Sanction)


@admin.register(Sanction)
class LiftableSanctionAdmin(SanctionAdmin):
    """Lifting tells the person by a notice, which the layer of sanctions does not know."""

    actions_detail = ("lift_early",)
    fieldsets = (
        *SanctionAdmin.fieldsets[:-1],
        ("Lift early", {"fields": ("who_may_lift",)}),
        SanctionAdmin.fieldsets[-1],
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        is_over = obj is None or not obj.is_in_force_at(timezone.now())
        return [
            (name, options)
            for name, options in super().get_fieldsets(request, obj)
            if not (is_over and name == "Lift early")
        ]

    @display(description="Who may")
    def who_may_lift(self, sanction: Sanction) -> str:
        return f"Seniors, but not {sanction.imposed_by}, who imposed it"

    def has_lift_early_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.APPROVE_DECISIONS])
        if found is None or found.platform_id not in allowed:
            return False
        return bool(found.is_in_force_at(timezone.now()) and found.imposed_by_id != request.user.pk)

    @action(description="Lift early", icon="lock_open", permissions=["lift_early"], dialog=LIFT)
    def lift_early(self, request: HttpRequest, form: LiftForm, object_id: str) -> HttpResponse:
        sanction = self.get_object(request, object_id)

        def do() -> str:
            lifts.lift(
                sanction=sanction,
                reason=form.cleaned_data["reason"],
                by=Actor.user(request.user),
                at=timezone.now(),
            )
            return "The sanction is lifted, and the person is told."

        back = panels.page_of(sanction)
        return dialogs.answer(request, form=form, dialog=LIFT, do=do, back=back)
