from django.db import transaction
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from oauth2_provider.views import TokenView

from identity.api import invitations, verifications

app_name = "identity-api"

urlpatterns = [
    # One transaction: what is true of the client when it signs in is true when it has its token.
    path("oauth/token/", transaction.atomic(TokenView.as_view()), name="token"),
    path("v1/invitations", invitations.InvitationsView.as_view(), name="invitations"),
    path("v1/verifications", verifications.VerificationsView.as_view(), name="verifications"),
    path(
        "v1/verifications/<uuid:id>/revoke",
        verifications.RevocationView.as_view(),
        name="verification-revoke",
    ),
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
