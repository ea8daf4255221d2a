"""Staff see who else has a case open, for as long as that page asks."""

from datetime import timedelta

import time_machine
from django.urls import reverse

from groups.actions import cases
from portal.core.actors import Actor
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.identity import staff_user
from tests.groups.scene import another_case


def beat(client, case, **sent):
    return client.post(reverse("admin:work_case_viewing", args=[case.pk]), sent)


def shown(client, case, **sent):
    return beat(client, case, **sent).content.decode()


def test_a_colleague_is_named_while_their_page_asks(scene):
    mina, sam = (enter(staff_user(scene.platform, name=name)) for name in ("Mina", "Sam"))
    assert "viewing</bdi>" not in shown(mina, scene.case)

    assert "Mina is also viewing" in shown(sam, scene.case)

    with time_machine.travel(AT + timedelta(seconds=51), tick=False):
        assert "viewing</bdi>" not in shown(sam, scene.case)


def test_who_goes_to_another_case_is_named_there(scene):
    mina, sam = (enter(staff_user(scene.platform, name=name)) for name in ("Mina", "Sam"))
    beat(mina, scene.case)
    other = another_case(scene)

    beat(mina, other)

    assert "viewing</bdi>" not in shown(sam, scene.case)
    assert "Mina is also viewing" in shown(sam, other)


def test_several_colleagues_are_named_and_many_are_counted(scene):
    for name in ("Ada", "Ben"):
        beat(enter(staff_user(scene.platform, name=name)), scene.case)
    reader = enter(staff_user(scene.platform, name="Sam"))
    assert "Ada and Ben are also viewing" in shown(reader, scene.case)

    for name in ("Cleo", "Dan"):
        beat(enter(staff_user(scene.platform, name=name)), scene.case)

    assert "Ada, Ben and 2 others are also viewing" in shown(reader, scene.case)


def test_an_open_page_says_that_the_case_has_changed(scene):
    user = scene.staff()
    client = enter(user)
    seen = scene.case.version
    assert "has changed" not in shown(client, scene.case, version=seen)

    cases.claim(case=scene.case, user=user, by=Actor.user(user), at=AT)

    assert "has changed since you opened it" in shown(client, scene.case, version=seen)
