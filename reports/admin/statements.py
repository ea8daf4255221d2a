import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from groups.models import Decision
from portal.core.admin import filters, panels
from portal.core.admin.base import RecordAdmin
from reports.models import DsaStatement


@admin.register(DsaStatement)
class DsaStatementAdmin(RecordAdmin):
    """Statements of reasons for the EU transparency database, as they will be or were sent."""

    permissions = ("view_reports",)
    linked_by = ("decision_id",)
    list_display = ("puid", "of_decision", "state", "created_at", "sent_at")
    list_filter = (filters.since("created_at", "time"),)
    search_fields = ("puid__exact",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("puid", "of_decision", "state", "created_at")}),
        ("Sent", {"fields": ("reviewed_at", "sent_at", "as_sent")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        decisions = Decision.objects.filter(platform__in=self.platform_ids(request))
        numbers = decisions.filter(pk=OuterRef("decision_id")).values("number")
        found = DsaStatement.objects.filter(decision_id__in=decisions.values("pk"))
        return found.annotate(decision_number=Subquery(numbers))

    @display(description="Decision")
    def of_decision(self, statement: Any) -> Any:
        url = reverse("admin:groups_decision_change", args=[statement.decision_id])
        return panels.link_to(url, f"D-{statement.decision_number}")

    @display(description="State")
    def state(self, statement: DsaStatement) -> Any:
        if statement.sent_at:
            return panels.tag("Sent", "success")
        return panels.tag("Reviewed", "info") if statement.reviewed_at else panels.tag("Waits")

    @display(description="Payload")
    def as_sent(self, statement: DsaStatement) -> Any:
        return format_html("<pre>{}</pre>", json.dumps(statement.payload, indent=2))
