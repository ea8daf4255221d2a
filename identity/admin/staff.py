"""Who works for which platform in which role: given and ended in dialogs by its administrators."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from identity import staff_mailer
from identity.actions import staff
from identity.models import StaffAssignment, User
from identity.roles import Permission, Role
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.choosing import PlatformForm


class AssignForm(PlatformForm):
    email = forms.EmailField(label="Email address", max_length=254)
    name = forms.CharField(
        max_length=120, help_text="Whoever signs in with this address already keeps their own."
    )
    role = forms.ChoiceField(choices=Role.choices)


ASSIGN: dict[str, Any] = {
    "title": "Assign a role",
    "description": "It holds at once. Somebody new gets a mail with a link to choose a password.",
    "form_class": AssignForm,
    "form_submit_text": "Assign",
}
END: dict[str, Any] = {
    "title": "End this role",
    "description": "What it allows ends at once. What they did stays in their name.",
    "form_class": dialogs.Confirmation,
    "form_submit_text": "End it",
}
NOT_MAILED = (
    "The mail to them could not be sent. “Forgotten your password?” on the sign-in page does the "
    "same: ask them to use it."
)


@admin.register(StaffAssignment)
class StaffAssignmentAdmin(RecordAdmin):
    permissions = ("administer", "view_audit")
    actions_list = ("assign_role",)
    actions_detail = ("end_role",)
    linked_by = ("user",)
    shown_once = (("Ended", "ended_at"),)
    list_display = ("person", "email", "role_name", "platform", "state", "assigned_at")
    list_select_related = ("user", "platform", "assigned_by", "ended_by")
    list_filter = (
        filters.PlatformFilter,
        ("role", ChoicesDropdownFilter),
        filters.current("ended_at"),
    )
    search_fields = ("user__name", "user__email")
    search_help_text = "Name or address"
    ordering = ("-assigned_at",)
    fieldsets = (
        (None, {"fields": ("user", "email", "role_name", "platform", "state")}),
        ("Assigned", {"fields": ("assigned_by", "assigned_at")}),
        ("Ended", {"fields": ("ended_by", "ended_at")}),
    )

    @display(description="Person")
    def person(self, assignment: StaffAssignment) -> str:
        return str(assignment.user)

    @display(description="Address")
    def email(self, assignment: StaffAssignment) -> str:
        return assignment.user.email

    @display(description="Role")
    def role_name(self, assignment: StaffAssignment) -> str:
        return assignment.get_role_display()

    @display(description="State")
    def state(self, assignment: StaffAssignment) -> Any:
        ended = assignment.ended_at is not None
        return panels.tag("Ended") if ended else panels.tag("Current", "success")

    def has_assign_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.admin_site.platform_ids(request, [Permission.ADMINISTER]))

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self.get_object(request, object_id) if object_id else None
        allowed = self.admin_site.platform_ids(request, [Permission.ADMINISTER])
        return found is not None and found.ended_at is None and found.platform_id in allowed

    @action(description="Assign a role", icon="person_add", permissions=["assign"], dialog=ASSIGN)
    def assign_role(self, request: HttpRequest, form: AssignForm) -> HttpResponse:
        chosen = {name: form.cleaned_data[name] for name in ("platform", "email", "name", "role")}
        made: list[StaffAssignment] = []

        def do() -> str:
            by, at = Actor.user(request.user), timezone.now()
            made.append(staff.assign_by_address(**chosen, by=by, at=at))
            return _tell(made[0], at=at)

        def back() -> str:
            return panels.page_of(made[0])

        return dialogs.answer(request, form=form, dialog=ASSIGN, do=do, back=back)

    @action(description="End this role", icon="person_off", permissions=["end"], dialog=END)
    def end_role(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        assignment = self.get_object(request, object_id)
        if assignment is None:
            raise Http404

        def do() -> str:
            staff.end(assignment=assignment, by=Actor.user(request.user), at=timezone.now())
            return f"{assignment.user} has this role no more."

        # Without their own role they may not see its page any more.
        own = assignment.user_id == request.user.pk
        back = reverse("admin:index") if own else panels.page_of(assignment)
        return dialogs.answer(request, form=form, dialog=END, do=do, back=back)


def _tell(assignment: StaffAssignment, *, at: Any) -> str:
    """Mail the person if they have no password yet, and say how it went."""
    role, platform = assignment.get_role_display(), assignment.platform
    given = f"{assignment.user} has the role {role} on {platform} now."
    if assignment.user.has_usable_password():
        return given
    if staff_mailer.mail(assignment=assignment, at=at):
        return f"{given} A mail with a link to choose a password is on its way to them."
    return f"{given} {NOT_MAILED}"


@admin.register(User)
class UserAdmin(RecordAdmin):
    """Staff of the reader's platforms. Owners and managers are found by their accounts."""

    permissions = ("administer", "view_audit")
    list_display = ("name", "email", "may_sign_in", "last_login", "joined_at")
    search_fields = ("name", "email")
    ordering = ("name",)
    may_sign_in = columns.yes_or_no("is_active", "May sign in")
    works_here = columns.yes_or_no("is_staff", "Staff")
    speaks = columns.language()
    zone = columns.shown("timezone", "Time zone")
    fieldsets = (
        (None, {"fields": ("name", "email", "speaks", "zone")}),
        ("Sign-in", {"fields": ("may_sign_in", "works_here", "last_login", "joined_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        here = StaffAssignment.objects.filter(platform__in=self.platform_ids(request))
        return User.objects.filter(pk__in=here.values("user"))


def _roles(request: HttpRequest, user: User) -> panels.Panel:
    visible = admin.site.platform_ids(request, StaffAssignmentAdmin.permissions)
    found = user.assignments.filter(platform__in=visible).select_related("platform")
    return panels.Panel(
        title="Roles",
        head=["Role", "Platform", "From", "Until"],
        rows=[
            [
                panels.link(row, row.get_role_display()),
                row.platform,
                panels.moment(row.assigned_at),
                panels.moment(row.ended_at, "Now"),
            ]
            for row in found.order_by("-assigned_at")
        ],
    )


admin.site.add_panel(User, _roles)
