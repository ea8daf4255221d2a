"""The partner API, under /api/v1/."""

from django.urls import path

from groups.api import flags, log, receipts, responsible

app_name = "api-v1"

urlpatterns = [
    path("events", log.EventLogView.as_view(), name="events"),
    path("events.<str:form>", log.EventExportView.as_view(), name="events_export"),
    path("events/receipts/<uuid:id>", receipts.ReceiptView.as_view(), name="event-receipt"),
    path("flags", flags.FlagsView.as_view(), name="flags"),
    path("groups", responsible.GroupView.as_view(), name="group"),
    path("groups/<uuid:id>/responsible", responsible.ResponsibleView.as_view(), name="responsible"),
]
