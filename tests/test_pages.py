"""What every page promises: a strict content policy, and colours that stay as chosen."""

import pytest
from django.urls import reverse

from tests import signin
from tests.factories.identity import staff_user

pytestmark = pytest.mark.django_db


def test_pages_run_no_script_but_their_own(client):
    response = client.get(reverse("account_login"))

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_admin_alone_may_evaluate(client, platform):
    staff = staff_user(platform)
    signin.add_totp(staff)
    signin.sign_in(client, staff)

    assert "'unsafe-eval'" in client.get("/admin/")["Content-Security-Policy"]
    assert "unsafe" not in client.get(reverse("mfa_index"))["Content-Security-Policy"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chosen_colours_stay(client, theme):
    response = client.post(reverse("theme"), {"theme": theme, "next": "/help/"})

    assert response.url == "/help/"
    assert f'data-theme="{theme}"' in client.get("/help/").content.decode()


def test_colours_follow_the_system_again(client):
    client.post(reverse("theme"), {"theme": "dark"})
    client.post(reverse("theme"), {"theme": ""})

    assert "data-theme" not in client.get("/help/").content.decode()


def test_the_colour_switch_leads_nowhere_else(client):
    response = client.post(reverse("theme"), {"theme": "dark", "next": "https://evil.example/"})

    assert response.url == "/"


def test_the_style_guide_is_not_shown_in_production(client, settings):
    assert client.get(reverse("style_guide")).status_code == 200

    settings.IS_PRODUCTION = True

    assert client.get(reverse("style_guide")).status_code == 404
