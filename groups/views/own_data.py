"""Everything that is held about the reader, to read and to take along."""

import json

from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from groups import own_data_page
from groups.queries import own_data
from groups.views import visitor


@require_safe
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Show everything that is held about the reader."""
    held = own_data.get_everything(user=visitor.user_of(request), at=visitor.now())
    context = {
        "section": "account",
        "trail": [("/", "Home"), ("/account/", "About you"), ("", "What is held about you")],
        "person": [own_data_page.section(key, held[key]) for key in own_data.OF_PERSON],
        "accounts": [own_data_page.Account.of(account) for account in held["accounts"]],
        "not_here": held["not_in_this_file"],
    }
    response = render(request, "groups/own_data.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@login_required
def download(request: HttpRequest) -> HttpResponse:
    """Send the same as one file."""
    at = visitor.now()
    held = own_data.get_everything(user=visitor.user_of(request), at=at)
    body = json.dumps(held, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="accord-{at:%Y-%m-%d}.json"'
    response["Cache-Control"] = "no-store"
    return response
