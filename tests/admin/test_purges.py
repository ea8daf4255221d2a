"""The page of a purge: what it says of the plan, and how it follows a run that is under way."""

from django.urls import reverse

from identity.roles import Role
from portal.core.admin.panels import page_of
from portal.core.models import PurgeRun
from tests.admin.entering import enter
from tests.factories.base import AT
from tests.factories.identity import staff_user


def test_the_plan_of_a_purge_is_told_in_words(platform):
    run = PurgeRun.objects.create(
        is_dry=False,
        state="DONE",
        as_of=AT,
        started_at=AT,
        finished_at=AT,
        run_by="system:tests",
        plan=[
            {"class": "audit", "due": 0, "kept": 0, "window_days": 1, "starts": "the action"},
            {
                "class": "notices",
                "due": 3,
                "deleted": 3,
                "kept": 2,
                "kept_by": {"H-12": 2},
                "window_days": 730,
            }
            | {"starts": "they are written", "cutoff": "2024-11-02T12:00:00+00:00"},
        ],
    )

    page = enter(staff_user(platform, Role.AUDITOR)).get(page_of(run))

    assert page.context["subtitle"] == "Purge of 2 Nov 2026, 12:00"
    first, second = page.context["panels"][1].rows
    assert first[0].startswith("Notices")
    assert "730 days after they are written" in first[0]
    assert "2 Nov 2024, 12:00" in first[1]
    assert first[2:5] == [3, 2, "H-12: 2"]
    assert second[0].startswith("Audit")
    assert "1 day after the action" in second[0]


def test_a_page_that_follows_a_purge_is_answered_with_what_it_does_not_show(platform):
    plan = [{"class": "cases", "due": 9, "deleted": 4}]
    run = PurgeRun.objects.create(
        is_dry=False, as_of=AT, started_at=AT, run_by="system:tests", plan=plan
    )
    client = enter(staff_user(platform, Role.AUDITOR))
    progress = reverse("admin:core_purgerun_progress", args=[run.pk])

    begun = client.get(progress, {"state": "WAITING", "seen": ""})
    further = client.get(progress, {"state": "RUNNING", "seen": "1-3"})
    same = client.get(progress, {"state": "RUNNING", "seen": "1-4"})

    assert [begun.status_code, further.status_code, same.status_code] == [200, 200, 204]
    assert (begun["HX-Retarget"], begun["HX-Reselect"]) == ("#content-main", "#content-main")
    assert "The purge is under way." in begun["HX-Trigger"]
    assert further["HX-Reselect"] == "#progress"
    assert not {"HX-Retarget", "HX-Trigger"} & set(further.headers)
    assert "4 rows deleted so far" in further.content.decode()
    assert not same.content
