import pytest

from portal.demo import banner

# RFC 6238, appendix B, the last six of the eight digits for SHA-1.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(at, code):
    assert banner.totp(SECRET, at) == code


def test_the_banner_names_every_login_and_where_to_use_it():
    login = {"role": "reviewer", "path": "/admin/", "email": "r@example.com", "password": "pass"}
    text = banner.text(
        {
            "logins": [
                {**login, "totp_secret": SECRET},
                {**login, "role": "owner", "path": "/", "email": "o@example.com"},
            ],
            "partner": {"client_id": "id", "client_secret": "secret"},
            "try": ["Follow one report from flag to appeal"],
        },
        url="http://127.0.0.1:8001",
    )

    for shown in (
        "http://127.0.0.1:8001/admin/",
        "Password of everybody   pass",
        "r@example.com         ",
        "owner                 o@example.com",
        "make code EMAIL=r@example.com",
        "Client id             id",
        "Client secret         secret",
        "http://127.0.0.1:8001/demo/mail/",
        "http://127.0.0.1:8001/demo/webhooks/",
        "Follow one report from flag to appeal",
        "Ctrl-C stops everything.",
    ):
        assert shown in text
    assert max(len(line) for line in text.splitlines()) <= 80
