"""The public keys of certificates, for everybody to compare with."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.core import certificates


@require_safe
def show_keys(request: HttpRequest) -> HttpResponse:
    return render(request, "certificates/keys.html", {"keys": certificates.list_keys()})


@require_safe
def keys_json(request: HttpRequest) -> JsonResponse:
    keys = [
        {
            "key_id": key.key_id,
            "algorithm": "Ed25519",
            "public_key": key.public_key,
            "is_current": key.is_current,
            "first_certificate_at": key.first_at and key.first_at.isoformat(),
            "last_certificate_at": key.last_at and key.last_at.isoformat(),
        }
        for key in certificates.list_keys()
    ]
    return JsonResponse({"keys": keys}, json_dumps_params={"indent": 2})
