from typing import Any

from django.contrib import admin
from unfold.decorators import display

from identity.models import ApiClient
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin


@admin.register(ApiClient)
class ApiClientAdmin(RecordAdmin):
    permissions = ("administer",)
    list_display = ("name", "client_id", "platform", "state", "created")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter,)
    search_fields = ("name", "client_id__exact")
    ordering = ("platform", "name")
    # The secret is stored as a hash and shown to nobody.
    fieldsets = (
        (None, {"fields": ("name", "client_id", "platform", "authorization_grant_type")}),
        ("State", {"fields": ("state", "created", "updated", "disabled_at")}),
    )

    @display(description="State")
    def state(self, client: ApiClient) -> Any:
        disabled = client.disabled_at is not None
        return panels.tag("Disabled", "danger") if disabled else panels.tag("Active", "success")
