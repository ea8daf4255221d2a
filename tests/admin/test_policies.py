"""A policy goes from a draft into effect on its pages: by two people, and after a simulation."""

import copy
import json

import pytest
from django.db import transaction
from django.urls import reverse

from credit import policy as policies
from credit.actions import policies as policy_actions
from credit.models import Policy, Simulation, Standing
from credit.tasks import refresh_standings
from groups.tasks import run_simulations
from portal.core.admin.panels import list_of, page_of
from portal.core.models import AuditEntry
from tests.admin.entering import enter, text_of
from tests.authorisation.policy_rows import form_of
from tests.credit import findings
from tests.credit.documents import giving
from tests.factories.base import AT
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory, staff_user

pytestmark = pytest.mark.django_db
SENT = {"_form_submitted": "on"}


@pytest.fixture
def platform(platform):
    findings.active_policy(platform)
    return platform


@pytest.fixture
def ines(platform):
    return enter(staff_user(platform, "SENIOR", name="Ines"))


@pytest.fixture
def omar(platform):
    return enter(staff_user(platform, "SENIOR", name="Omar"))


def step(client, policy, name, **sent):
    with transaction.atomic():
        return client.post(reverse(f"admin:credit_policy_{name}", args=[policy.pk]), SENT | sent)


def drafted(client, platform):
    """What `client` drafts from the policy in effect, by the dialog on its page."""
    answer = step(client, findings.active_policy(platform), "draft_from")
    policy = Policy.objects.get(platform=platform, state="DRAFT")
    assert answer.url == terms_of(policy)
    return policy


def terms_of(policy):
    return reverse("admin:credit_policy_terms", args=[policy.pk])


def save(client, policy, **changes):
    policy.refresh_from_db()
    return client.post(terms_of(policy), form_of(policy) | changes)


def test_a_stricter_version_goes_all_the_way_and_does_what_was_predicted(platform, ines, omar):
    watched = AccountFactory(platform=platform, display_name="Ben Watched")
    TenureFactory(account=watched, group=GroupFactory(platform=platform, size=600))
    findings.penalty(watched, severity="MEDIUM")
    AccountFactory(platform=platform)

    policy = drafted(ines, platform)
    assert save(ines, policy, **{"tiers-0-at_least": "11"}).url == page_of(policy)
    policy.refresh_from_db()
    assert policy.document["tiers"][0]["at_least"] == 11

    answer = step(ines, policy, "simulate")
    made = Simulation.objects.get()
    assert answer.url == page_of(made)
    assert "Waiting for a worker" in text_of(ines.get(page_of(made)))
    run_simulations()

    page = text_of(ines.get(page_of(made)))
    assert "Ben Watched" in page
    assert "501 to 5,000 1 0 0 0" in page
    assert "Good standing 1 1 – – 2" in page
    progress = reverse("admin:credit_simulation_progress", args=[made.pk])
    assert "Ben Watched" in text_of(ines.get(f"{progress}?state=RUNNING"))
    assert ines.get(f"{progress}?state=DONE").status_code == 204

    policy.refresh_from_db()
    assert policy.state == "SIMULATED"
    assert step(ines, policy, "approve").status_code == 403
    assert step(omar, policy, "approve").url == page_of(policy)
    assert step(ines, policy, "activate").url == page_of(policy)
    policy.refresh_from_db()
    assert policy.state == "ACTIVE"
    refresh_standings()
    assert "Ben Watched Under watch" in text_of(ines.get(list_of(Standing)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tiers-0-at_least": "x"}, "Enter a whole number"),
        ({"terms-LOW_points": ""}, "This field is required"),
        ({"terms-floor": "5"}, "The last tier must begin at the floor 5"),
        ({"terms-LOW_points": "3"}, "must not cost less"),
        ({"tiers-1-name": "Good standing"}, "Two tiers have the same name"),
        ({"seen": "{}"}, "was changed meanwhile"),
        ({"seen": "nonsense"}, "was changed meanwhile"),
    ],
)
def test_a_form_that_cannot_be_a_policy_says_why_and_saves_nothing(platform, ines, changes, said):
    policy = drafted(ines, platform)

    answer = save(ines, policy, **changes)

    assert answer.status_code in (409, 422)
    assert said in text_of(answer)
    policy.refresh_from_db()
    assert policy.document == policies.DEFAULT_DOCUMENT


def test_levels_and_lines_are_added_and_taken_out(platform, ines):
    policy = drafted(ines, platform)
    save(
        ines,
        policy,
        **{
            "tiers-4-name": "Noticed",
            "tiers-4-at_least": "9",
            "tiers-4-privileges": ["CREATE_GROUP", "OWN_GROUP", "MANAGE_GROUP"],
            "tiers-4-groups_owned": "50",
            "tiers-2-DELETE": "on",
            "verified-0-DELETE": "on",
            "managed-3-above": "100000",
            "managed-3-managers": "4",
            "terms-first_low_days": "",
            "terms-HIGH_back": "120",
            "terms-duties_days": "30",
        },
    )

    policy.refresh_from_db()
    document = policies.of(policy)
    assert [tier.name for tier in document.tiers] == [
        "Good standing",
        "Noticed",
        "Under watch",
        "Suspended",
    ]
    assert [one.above for one in document.verification] == [5000]
    assert [one.managers for one in document.managers] == [1, 2, 3, 4]
    assert document.first_low_finding is None
    assert document.terms_of("HIGH").restored_every_days == 120
    assert document.terms_of("LOW").restored_every_days is None
    assert document.duties == policies.Duties(restored_every_days=30)


def test_saving_the_form_as_it_is_changes_nothing(platform, ines):
    policy = drafted(ines, platform)
    before = policies.of(policy)

    assert save(ines, policy).url == page_of(policy)

    policy.refresh_from_db()
    assert policies.of(policy) == before


def test_only_the_drafter_changes_a_draft_and_nobody_what_was_approved(platform, ines, omar):
    policy = drafted(ines, platform)

    assert omar.get(terms_of(policy)).status_code == 403
    assert save(omar, policy).status_code == 403
    findings.simulate(policy)
    policy.refresh_from_db()
    step(omar, policy, "approve")
    assert ines.get(terms_of(policy)).status_code == 409


def test_a_change_after_the_simulation_asks_for_another_one(platform, ines, omar):
    policy = drafted(ines, platform)
    made = findings.simulate(policy)
    policy.refresh_from_db()

    save(ines, policy, **{"tiers-0-at_least": "11"})

    policy.refresh_from_db()
    assert policy.state == "DRAFT"
    assert step(omar, policy, "approve").status_code == 403
    assert "which was changed since" in text_of(ines.get(page_of(made)))


def test_a_version_that_was_sent_back_or_withdrawn_does_not_take_effect(platform, ines, omar):
    policy = drafted(ines, platform)
    findings.simulate(policy)
    step(omar, policy, "send_back")
    policy.refresh_from_db()
    assert policy.state == "DRAFT"
    findings.simulate(policy)
    step(omar, policy, "approve")
    step(ines, policy, "withdraw")
    policy.refresh_from_db()
    assert (policy.state, policy.active_from) == ("RETIRED", None)
    assert findings.active_policy(platform).version != policy.version


def test_a_day_is_kept_until_it_comes(platform, ines, omar):
    policy = drafted(ines, platform)
    findings.simulate(policy)
    policy.refresh_from_db()
    step(omar, policy, "approve")

    past = step(ines, policy, "activate", day=str(AT.date()))
    assert "to come" in text_of(past)
    assert step(ines, policy, "activate", day="2026-11-05").url == page_of(policy)
    policy.refresh_from_db()
    assert (policy.state, policy.due_from.isoformat()) == ("APPROVED", "2026-11-05T00:00:00+00:00")

    by = findings.SYSTEM
    almost = policy.due_from.replace(year=2026, month=11, day=4, hour=23)
    assert policy_actions.activate_due(by=by, at=almost) == []
    assert policy_actions.activate_due(by=by, at=policy.due_from) == [policy]
    policy.refresh_from_db()
    assert (policy.state, policy.due_from) == ("ACTIVE", None)


def test_the_files_hold_every_count_and_no_account(platform, ines):
    account = AccountFactory(platform=platform)
    policy = drafted(ines, platform)
    made = findings.simulate(policy)
    url = reverse("admin:credit_simulation_file", args=[made.pk, "csv"])

    lines = ines.get(url).content.decode().splitlines()
    told = ines.get(url.replace(".csv", ".json")).json()

    assert lines == [
        "level_now,level_then,level_had_it_always_been_so,largest_group,age,accounts",
        "Good standing,Good standing,Good standing,No group,90 days to a year,1",
    ]
    assert told["counts"][0]["accounts"] == 1
    assert str(account.pk) not in json.dumps(told)
    assert ines.get(url.replace(".csv", ".pdf")).status_code == 404
    entries = AuditEntry.objects.filter(action="simulations.export", platform_id=platform.pk)
    assert {entry.record_id for entry in entries} == {str(made.pk)}
    assert [entry.new for entry in entries.order_by("pk")] == [
        {"format": "csv"},
        {"format": "json"},
    ]


def test_a_level_that_looks_like_a_formula_is_none_in_the_file(platform, ines):
    AccountFactory(platform=platform)
    policy = drafted(ines, platform)
    save(ines, policy, **{"tiers-0-name": "=1+1"})
    policy.refresh_from_db()
    made = findings.simulate(policy)

    file = ines.get(reverse("admin:credit_simulation_file", args=[made.pk, "csv"]))

    assert file.content.decode().splitlines()[1].startswith("Good standing,'=1+1,'=1+1,")


def test_the_schema_describes_the_shipped_document(platform, ines):
    schema = ines.get(reverse("admin:credit_policy_schema")).json()

    assert copy.deepcopy(schema)["$defs"]["Document"]["required"][:3] == [
        "starting_score",
        "floor",
        "ceiling",
    ]


def test_a_standing_says_what_happens_on_each_day_ahead(platform, ines):
    findings.next_version(platform, giving(MEDIUM=100))
    account = AccountFactory(platform=platform)
    entry = findings.penalty(account, severity="MEDIUM").entry

    page = ines.get(page_of(Standing.objects.get(account=account)))

    ahead = page.content.decode().split("If nothing else is decided")[-1].split("</table>")[0]
    assert ahead.count(page_of(entry)) == 2
    said = text_of(page)
    assert "11 Good standing A point of #1 comes back: 100 days without a further finding." in said
    assert "12 Good standing #1 stops counting: R-101 Scams." in said
