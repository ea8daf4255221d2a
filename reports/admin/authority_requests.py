from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from portal.core.admin import columns, filters, panels
from portal.core.admin.base import RecordAdmin
from reports.models import AuthorityRequest


@admin.register(AuthorityRequest)
class AuthorityRequestAdmin(RecordAdmin):
    """The register: how often authorities asked, and what came of it. It names nobody."""

    permissions = ("view_reports",)
    category = columns.shown("dsa_category", "DSA category")
    list_display = ("kind", "country", "platform", "items", "received_date", "outcome")
    list_select_related = ("platform",)
    list_filter = (
        filters.PlatformFilter,
        ("kind", ChoicesDropdownFilter),
        ("outcome", ChoicesDropdownFilter),
    )
    search_fields = ("country__iexact",)
    search_help_text = "Country (DE)"
    ordering = ("-received_date", "-id")
    fieldsets = (
        (None, {"fields": ("kind", "country", "platform", "category", "items")}),
        ("Course", {"fields": ("received_date", "informed_date", "outcome", "outcome_date")}),
        ("Recorded", {"fields": ("recorder", "recorded_at")}),
    )

    @display(description="Recorded by")
    def recorder(self, request: AuthorityRequest) -> str:
        return str(request.recorded_by or panels.NOTHING)
