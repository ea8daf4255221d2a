from django.urls import include, path

from bench import ordinary

handler400 = "portal.core.error_pages.bad_request"
handler403 = "portal.core.error_pages.permission_denied"
handler404 = "portal.core.error_pages.page_not_found"
handler500 = "portal.core.error_pages.server_error"

urlpatterns = [
    path("bench/rows", ordinary.RowsView.as_view()),
    path("bench/row", ordinary.insert_row),
    path("bench/nothing", ordinary.answer),
    path("bench/evaluation", ordinary.EvaluationView.as_view()),
    path("bench/evaluation-reconnecting", ordinary.ReconnectingView.as_view()),
    path("", include("portal.urls")),
]
