from django.contrib import admin

from portal.core.admin import columns
from portal.core.admin.holds import Holdable
from portal.core.models import Hold, Platform


@admin.register(Platform)
class PlatformAdmin(Holdable):
    hold_scope = Hold.Scope.PLATFORM
    speaks = columns.language()
    keeps_membership = columns.yes_or_no("records_membership", "Records joins and leaves")
    platform_path = "pk"
    list_display = ("name", "slug", "speaks", "keeps_membership", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "slug",
                    "speaks",
                    "keeps_membership",
                    "created_at",
                )
            },
        ),
    )

    def platform_of(self, record: Platform) -> Platform:
        return record
