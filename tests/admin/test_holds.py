"""Holds in the admin: named by reference or id, what one keeps, and whose review is overdue."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from groups.models import Case, HeldLogEntry
from identity.actions import staff
from identity.roles import Role
from portal.core import foresight
from portal.core.actors import Actor
from portal.core.admin.panels import page_of
from portal.core.ids import uuid7
from portal.core.models import Hold
from tests.admin.entering import enter
from tests.factories.base import AT, fixture_rows
from tests.factories.core import HoldFactory, PlatformFactory
from tests.factories.groups import CaseFactory, GroupFactory, RoleEventFactory
from tests.factories.identity import AccountFactory, staff_user

DAY = timedelta(days=1)
PLACE = "admin:core_hold_place_any_hold"
SENT = {"_form_submitted": "True"}
PLACED = SENT | {"matter": "File 12/26", "reason": "A court asked.", "review": "2026-12-01"}


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine takes longer than somebody in front of a page waits."""
    monkeypatch.setattr(foresight, "SECONDS", 60)


def senior(platform):
    return enter(staff_user(platform, Role.SENIOR))


def closed_case(platform, *, days, **fields):
    ended = {"decided_at": AT - days * DAY, "closed_at": AT - days * DAY}
    return CaseFactory(platform=platform, state=Case.State.CLOSED, **ended, **fields)


def place(client, platform, scope, named=""):
    data = PLACED | {"platform": str(platform.pk), "scope": scope, "named": named}
    return client.post(reverse(PLACE), data)


def test_a_hold_is_placed_by_reference_by_id_and_by_the_platforms_own_id(platform):
    case, group = CaseFactory(platform=platform), GroupFactory(platform=platform)
    account = AccountFactory(platform=platform, external_id="7e57ab1e-0000-4000-8000-000000000001")
    client = senior(platform)

    for scope, named in [
        ("CASE", case.reference.lower()),
        ("CASE", str(case.pk)),
        ("GROUP", group.external_id),
        ("ACCOUNT", account.external_id),
        ("PLATFORM", ""),
    ]:
        assert place(client, platform, scope, f" {named} ").status_code == 302, scope

    covered = [case.pk, case.pk, group.pk, account.pk, platform.pk]
    assert [hold.scope_id for hold in Hold.objects.order_by("number")] == covered


def test_a_foreign_id_answers_like_a_missing_one_and_a_wrong_kind_like_none(platform):
    foreign = CaseFactory(platform=PlatformFactory())
    client = senior(platform)

    named = [foreign.reference, str(foreign.pk), str(uuid7()), "C-999999999", "C-", "no such", "٣"]
    answers = [place(client, platform, "CASE", text).content.decode() for text in named]
    answers.append(
        place(client, platform, "GROUP", CaseFactory(platform=platform).reference).content.decode()
    )

    for answer, kind in zip(answers, ["case"] * len(named) + ["group"], strict=True):
        assert f"No {kind} on {platform.name} has this reference or id." in answer
    assert not Hold.objects.exists()


def test_whoever_works_for_two_platforms_holds_a_record_on_its_own_one(platform):
    other = PlatformFactory()
    case, user = CaseFactory(platform=other), staff_user(platform, Role.SENIOR)
    staff.assign(user=user, platform=other, role=Role.SENIOR, by=Actor.system("tests"), at=AT)
    client = enter(user)

    assert "No case on" in place(client, platform, "CASE", case.reference).content.decode()
    assert not Hold.objects.exists()
    place(client, other, "CASE", case.reference)

    assert Hold.objects.get().platform == other


def test_a_hold_on_something_has_to_say_on_what(platform):
    assert (
        "Say which case the hold covers."
        in place(senior(platform), platform, "CASE").content.decode()
    )
    assert not Hold.objects.exists()


def test_a_hold_on_another_platform_cannot_be_placed(platform):
    place(senior(platform), PlatformFactory(), "PLATFORM")

    assert not Hold.objects.exists()


def test_whoever_places_a_hold_learns_what_it_keeps(platform):
    case = closed_case(platform, days=800)
    client = senior(platform)

    response = place(client, platform, "CASE", case.reference)

    said = [str(message) for message in get_messages(response.wsgi_request)]
    keeps = "It keeps what the next purge would take: 1 of closed cases."
    reference = Hold.objects.get().reference
    assert said == [f"{reference} stands. {keeps} A second person has to approve it."]


def test_the_page_of_a_hold_shows_what_it_keeps_alone_and_since_when(platform):
    group = GroupFactory(platform=platform)
    for days in (730, 800, 731):
        closed_case(platform, days=days, group=group)
    RoleEventFactory(group=group, occurred_at=AT - 750 * DAY)
    shared = closed_case(platform, days=900, group=group)
    hold = HoldFactory(platform=platform, scope="GROUP", scope_id=group.pk)
    HoldFactory(platform=platform, scope="CASE", scope_id=shared.pk)

    kept = {row.data_class.name: row for row in foresight.list_kept(hold, at=AT)}

    assert set(kept) == {"closed cases", "tenures and role events"}
    cases, tenures = kept["closed cases"], kept["tenures and role events"]
    assert (str(cases.rows), str(cases.alone)) == ("3", "2")
    # To a day: 730 days after the oldest closed.
    assert AT - 170 * DAY <= cases.since <= AT - 169 * DAY
    assert (str(tenures.rows), str(tenures.alone)) == ("1", "at least 0")
    text = senior(platform).get(page_of(hold)).content.decode()
    assert "What it keeps alive" in text
    assert "since 17 May 2026" in text


def test_more_than_can_be_counted_is_said_and_not_counted(platform, monkeypatch):
    for _ in range(3):
        closed_case(platform, days=800)
    hold = HoldFactory(platform=platform)
    monkeypatch.setattr(foresight, "MOST", 2)

    (kept,) = foresight.list_kept(hold, at=AT)
    assert str(kept.rows) == "at least 2"

    monkeypatch.setattr(foresight, "SECONDS", -1)
    answer = senior(platform).get(page_of(hold)).content.decode()
    assert "more than can be counted now" in answer


def test_log_rows_that_were_copied_are_shown_by_day_and_announced_before_the_release(platform):
    hold = HoldFactory(platform=platform)
    with fixture_rows():
        for number in range(3):
            HeldLogEntry.objects.create(
                hold=hold,
                platform_id=platform.pk,
                occurred_at=AT - (200 + number // 2) * DAY,
                event_key=uuid7(),
                row={},
                copied_at=AT,
            )
    client = senior(platform)

    text = client.get(page_of(hold)).content.decode()
    assert "3 held log entries of 2 days, 15 Apr 2026 to 16 Apr 2026." in text
    release = reverse("admin:core_hold_release_hold", args=[hold.pk])
    assert "takes 3 of the held log entries." in client.get(release).content.decode()

    HoldFactory(platform=platform)
    assert "the next purge takes nothing of it" in client.get(release).content.decode()


def test_the_release_says_what_the_next_purge_takes(platform):
    case = closed_case(platform, days=800)
    hold = HoldFactory(platform=platform, scope="CASE", scope_id=case.pk)
    release = reverse("admin:core_hold_release_hold", args=[hold.pk])

    text = senior(platform).get(release).content.decode()

    assert "Once released, the next purge (3 Nov 2026, 02:35 UTC) takes 1 of closed cases." in text


@pytest.mark.parametrize("role", list(Role))
def test_an_overdue_review_stands_out_for_whoever_manages_or_audits_holds(platform, role):
    with fixture_rows():
        late = HoldFactory(
            platform=platform, matter="File 9", reviewed_at=AT - 60 * DAY, review_at=AT - DAY
        )
        HoldFactory(platform=platform, matter="File 10")
        HoldFactory(
            platform=PlatformFactory(),
            matter="File 11",
            reviewed_at=AT - 60 * DAY,
            review_at=AT - DAY,
        )

    text = enter(staff_user(platform, role)).get(reverse("admin:index")).content.decode()

    shown = role in (Role.SENIOR, Role.AUDITOR, Role.ADMINISTRATOR)
    assert ("Holds whose review is overdue" in text) == shown
    assert (late.matter in text) == shown
    assert "File 10" not in text
    assert "File 11" not in text
