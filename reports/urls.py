from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("transparency/", views.list_reports, name="list"),
    path("transparency/<uuid:run_id>/", views.show_report, name="report"),
    path("transparency/<uuid:run_id>/report.<str:form>", views.download, name="download"),
]
