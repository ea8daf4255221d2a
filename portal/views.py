"""Pages that belong to no app: help, the accessibility statement, colours, the style guide."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from portal import context_processors

A_YEAR = timedelta(days=365)


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/accessibility.html")


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help.html")


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen colours in a cookie, or follow the system again."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme", "")
    if chosen in context_processors.THEMES:
        response.set_cookie(
            context_processors.THEME_COOKIE,
            chosen,
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(context_processors.THEME_COOKIE, samesite="Lax")
    return response


class StyleGuideForm(forms.Form):
    name = forms.CharField(label="Name of the group", help_text="As members see it.")
    what = forms.CharField(
        label="What did you do?", widget=forms.Textarea({"rows": 4}), required=False
    )
    outcome = forms.ChoiceField(
        choices=[
            ("handled", "We dealt with it"),
            ("unfounded", "The report is not right"),
        ],
        label="Outcome",
        widget=forms.RadioSelect,
    )
    rule = forms.ChoiceField(
        choices=[("4.2", "4.2 Fraud"), ("2.1", "2.1 Harassment")], label="Rule"
    )
    told = forms.BooleanField(label="I have told the members", help_text="You need not.")


@require_safe
def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every component in every state, for the people who build pages."""
    if settings.IS_PRODUCTION:
        raise Http404
    now = timezone.now()
    months = [
        "Dec",
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
    ]
    levels = [
        {"name": "Good", "kind": "good", "state": "reached", "note": "0 to 1 points"},
        {
            "name": "Under watch",
            "kind": "watch",
            "state": "current",
            "note": "2 to 3 points",
        },
        {
            "name": "Limited",
            "kind": "limited",
            "state": "ahead",
            "note": "from 4 points",
        },
        {"name": "Suspended", "kind": "bad", "state": "ahead", "note": "from 8 points"},
    ]
    entries = [
        {
            "at": now - timedelta(days=3),
            "title": "A member reported the group",
            "state": "done",
        },
        {
            "at": now - timedelta(days=2),
            "title": "The owner answered",
            "who": "نور الهدى",
            "text": "We removed the manager and pinned a warning.",
            "state": "done",
        },
        {"at": now - timedelta(hours=2), "title": "Deadline missed", "state": "late"},
        {"at": now + timedelta(days=2), "title": "Staff decide by", "state": "ahead"},
    ]
    context = {
        "now": now,
        "deadlines": [
            now + timedelta(days=20),
            now + timedelta(days=5, hours=1),
            now + timedelta(hours=6, minutes=1),
            now - timedelta(hours=30, minutes=1),
        ],
        "levels": levels,
        "entries": entries,
        "months": list(zip(months, [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 3, 2], strict=True)),
        "trail": [("/", "My groups"), ("", "Harbour Photography")],
        "plain_form": StyleGuideForm(),
        "wrong_form": StyleGuideForm(
            {"wrong-outcome": "other", "wrong-rule": "4.2"}, prefix="wrong"
        ),
    }
    return render(request, "pages/style_guide.html", context)
