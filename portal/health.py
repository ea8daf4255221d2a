"""Whether this process can do its work, and how much it did."""

import hmac

from django.conf import settings
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from portal.metrics import retention

RETRY_AFTER_SECONDS = "5"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, 503 when it does not; for load balancers.

    The broker is not asked: without it the pages and the API go on working.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse(
            {"status": "the database does not answer"},
            status=503,
            headers={"Retry-After": RETRY_AFTER_SECONDS},
        )
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus's text form, to whoever sends METRICS_TOKEN as a Bearer token."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), expected.encode()
    ):
        raise Http404
    exported: HttpResponse = ExportToDjangoView(request)
    exported.write(retention())
    return exported
