"""The partner API, under /api/v1/."""

from django.urls import path

from groups.api import events, flags, receipts, responsible

app_name = "api-v1"

urlpatterns = [
    path("events", events.EventsView.as_view(), name="events"),
    path("events/receipts/<uuid:id>", receipts.ReceiptView.as_view(), name="event-receipt"),
    path("flags", flags.FlagsView.as_view(), name="flags"),
    path("groups", responsible.GroupView.as_view(), name="group"),
    path("groups/<uuid:id>/responsible", responsible.ResponsibleView.as_view(), name="responsible"),
]
