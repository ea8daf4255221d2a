from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from portal import health, views

handler400 = "portal.core.error_pages.bad_request"
handler403 = "portal.core.error_pages.permission_denied"
handler404 = "portal.core.error_pages.page_not_found"
handler500 = "portal.core.error_pages.server_error"

urlpatterns = [
    path("", include("portal.core.urls")),
    path("access/v1/", include("groups.api.access_urls")),
    path("api/", include("identity.api.urls")),
    path("api/v1/", include("groups.api.urls")),
    path("", include("reports.urls")),
    path("", include("groups.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("theme/", views.set_theme, name="theme"),
    path("help/", views.help_page, name="help"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("styleguide/", views.style_guide, name="style_guide"),
    path("admin/", admin.site.urls),
]

if settings.MODE == "demo":
    urlpatterns.append(path("demo/", include("portal.demo.urls")))
