from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from oauth2_provider.views import TokenView

app_name = "identity-api"

urlpatterns = [
    path("oauth/token/", TokenView.as_view(), name="token"),
    path(
        "schema/",
        SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]),
        name="schema",
    ),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="identity-api:schema", authentication_classes=[], permission_classes=[]
        ),
        name="docs",
    ),
]
