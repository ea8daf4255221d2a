import pytest
from django.urls import reverse

from credit.actions import policies
from identity import preferences
from portal.core.models import AuditEntry
from tests.factories.core import PlatformFactory
from tests.groups.place import BY_TESTS, LONG_AGO
from tests.groups.views import reading


def details(user, **changes):
    stored = {"name": user.name, "language": user.language, "timezone": user.timezone}
    return {"seen": preferences.mark_of(user)} | stored | changes


def test_people_change_how_they_are_called_and_when_and_how_they_are_told(as_user, place):
    user = place.owner.user
    client = as_user(user)

    response = client.post(
        "/account/", details(user, name="Olga N.", language="de", timezone="Asia/Tokyo")
    )

    assert response.url == "/account/"
    user.refresh_from_db()
    assert (user.name, user.language, user.timezone) == ("Olga N.", "de", "Asia/Tokyo")
    entry = AuditEntry.objects.get(action="users.update")
    assert entry.new == {"language": "de", "timezone": "Asia/Tokyo", "renamed": True}
    assert "Olga" not in str(AuditEntry.objects.filter(pk=entry.pk).values())
    page = reading.words(client.get("/account/"))
    assert place.owner.external_id in page


def test_details_changed_in_another_window_are_not_overwritten(as_user, place):
    user = place.owner.user
    client, old = as_user(user), details(user, name="Old window")
    client.post("/account/", details(user, name="New window"))

    response = client.post("/account/", old)

    assert response.status_code == 409
    assert "Your details were changed meanwhile." in reading.words(response)
    assert "Old window" in response.content.decode()
    user.refresh_from_db()
    assert user.name == "New window"


@pytest.mark.parametrize(
    "changes", [{"language": "xx"}, {"timezone": "Mars/Base"}, {"name": ""}, {"seen": ""}]
)
def test_details_that_cannot_be_are_refused(as_user, place, changes):
    user = place.owner.user

    response = as_user(user).post("/account/", details(user, **changes))

    assert response.status_code == 422
    user.refresh_from_db()
    assert (user.language, user.timezone) == ("en", "UTC")


def test_staff_without_groups_are_led_to_their_desk(as_user, place):
    home = reading.words(as_user(place.staff("REVIEWER")).get("/"))

    assert "Go to the staff desk" in home
    assert "No account on a service is linked to you yet." in home


def test_anybody_reads_the_rules_in_force(client, place):
    text = reading.words(client.get("/rules/"))

    for rule in place.platform.rules.all():
        assert f"{rule.code} {rule.title}" in text
    assert "The group is asked first" in text
    assert "A report goes to staff at once." in text


def test_standing_is_explained_with_an_example_of_the_policy_in_effect(client, place):
    policies.install_default(platform=place.platform, by=BY_TESTS, at=LONG_AGO)

    page = client.get(reverse("groups:standing_explained"))

    lines = [line for line, _ in page.context["example"]]
    assert [(line.points, line.score, line.tier.name) for line in lines] == [
        (0, 12, "Good standing"),
        (-2, 10, "Good standing"),
        (-2, 8, "Under watch"),
        (-4, 4, "Limited"),
        (2, 6, "Limited"),
        (2, 8, "Under watch"),
        (4, 12, "Good standing"),
    ]


def test_each_service_has_pages_of_its_own(client, place):
    other = PlatformFactory(name="Plaza")

    assert "Rules of Plaza" in reading.words(client.get("/rules/"))
    empty = reading.words(client.get(f"/rules/{other.slug}/"))
    assert "Plaza has no rules in force yet." in empty
    explained = reading.words(client.get(f"/standing/{other.slug}/"))
    assert "Plaza has no standing policy yet." in explained
    assert client.get("/rules/nowhere/").status_code == 404
    assert client.get("/standing/nowhere/").status_code == 404
