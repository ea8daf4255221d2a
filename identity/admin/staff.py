"""Who works for which platform in which role."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from identity.models import StaffAssignment, User
from portal.core.admin import columns, filters, panels
from portal.core.admin.base import RecordAdmin


@admin.register(StaffAssignment)
class StaffAssignmentAdmin(RecordAdmin):
    permissions = ("administer", "view_audit")
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
