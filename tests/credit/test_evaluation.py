"""`POST /access/v1/evaluation`: yes or no, why, until when, and never a score."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from groups.models import Group, Measure
from tests.credit import findings
from tests.factories.base import fixture_rows
from tests.factories.groups import GroupFactory, TenureFactory
from tests.factories.identity import AccountFactory, ApiClientFactory, VerificationFactory

URL = "/access/v1/evaluation"


@pytest.fixture(autouse=True)
def now(at):
    with time_machine.travel(at, tick=False):
        yield at


def bearer(platform, scope="access"):
    token = get_access_token_model().objects.create(
        application=ApiClientFactory(platform=platform),
        token=f"token-{platform.slug}-{scope}",
        scope=scope,
        expires=timezone.now() + timedelta(days=1000),
    )
    return {"authorization": f"Bearer {token.token}"}


@pytest.fixture
def ask(client, platform, policy):
    headers = bearer(platform)

    def send(account="p-unknown", does="create_group", group=None, size=None, **members):
        resource = {"type": "group"}
        if group is not None:
            resource["id"] = group
        if size is not None:
            resource["properties"] = {"size": size}
        body = {
            "subject": {"type": "account", "id": account},
            "action": {"name": does},
            "resource": resource,
        }
        return client.post(URL, body | members, content_type="application/json", headers=headers)

    return send


def reasons(answer):
    assert answer.status_code == 200
    assert answer.json()["decision"] is (not answer.json()["context"]["reasons"])
    return [reason["code"] for reason in answer.json()["context"]["reasons"]]


def test_an_account_in_good_standing_may(ask, account):
    answer = ask(account.external_id)

    assert answer.json() == {
        "decision": True,
        "context": {
            "reasons": [],
            "until": None,
            "policy_version": 1,
            "decision_id": None,
            "valid_for": 60,
        },
    }
    assert answer["Cache-Control"] == "private, max-age=60"


def test_an_account_nobody_knows_has_the_starting_standing(ask):
    assert reasons(ask("p-never-seen", "own_group", "g-1")) == []


def test_a_suspended_account_may_not_and_hears_why_until_when_and_what_to_quote(ask, account):
    sanction = findings.sanction(account, days=30)
    number = findings.Decision.objects.get(pk=sanction.decision_id).reference

    assert ask(account.external_id).json() == {
        "decision": False,
        "context": {
            "reasons": [
                {
                    "code": "suspended",
                    "sentence": "Creating groups is suspended until 2 December 2026.",
                    "until": "2026-12-02T12:00:00Z",
                    "decision_ids": [number],
                }
            ],
            "until": "2026-12-02T12:00:00Z",
            "policy_version": 1,
            "decision_id": number,
            "valid_for": 60,
        },
    }


def test_an_account_whose_tier_withholds_it_may_not(ask, account):
    findings.penalty(account, severity="HIGH")
    last = findings.penalty(account, severity="HIGH").entry

    answer = ask(account.external_id)
    assert reasons(answer) == ["standing"]
    context = answer.json()["context"]
    assert context["until"] == "2027-11-02T12:00:00Z"
    assert context["decision_id"] == findings.Decision.objects.get(pk=last.decision_id).reference
    assert reasons(ask(account.external_id, "own_group", "g-1")) == []


def test_a_sanction_in_one_group_answers_for_that_group_only(ask, account):
    here, there = GroupFactory.create_batch(2, platform=account.platform)
    findings.sanction(account, privilege="MANAGE_GROUP", group=here)

    assert reasons(ask(account.external_id, "manage_group", here.external_id)) == [
        "suspended-in-group"
    ]
    assert reasons(ask(account.external_id, "manage_group", there.external_id)) == []


@pytest.mark.parametrize("action", ["own_group", "manage_group", "create_group"])
@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("FREEZE_GROUP", {"state": "FROZEN", "frozen_at": "AT"}, "group-frozen"),
        ("CLOSE_GROUP", {"state": "CLOSED", "closed_at": "AT"}, "group-closed"),
    ],
)
def test_nobody_may_do_anything_with_a_frozen_or_closed_group(
    ask, account, at, action, kind, fields, code
):
    group = GroupFactory(platform=account.platform)
    found = findings.approved(account, kind="REVOKE", privilege="MANAGE_GROUP", group=group)
    with fixture_rows():
        Group.objects.update(**{k: at if v == "AT" else v for k, v in fields.items()})

    answer = ask("p-somebody", action, group.external_id)

    assert reasons(answer) == [code]
    assert found.pk
    assert Measure.objects.count() == 1


def test_an_archived_group_is_said_to_be_archived(ask, platform, at):
    group = GroupFactory(platform=platform, state="CLOSED", archived_at=at)

    assert reasons(ask("p-1", "own_group", group.external_id)) == ["group-archived"]


@pytest.fixture
def limited(account):
    """A verified account on the tier Limited: five groups of up to 1,000 members."""
    VerificationFactory(account=account, level="HIGH")
    findings.penalty(account, severity="HIGH")
    findings.penalty(account, severity="HIGH")
    return account


def own(account, count, **fields):
    groups = [GroupFactory(platform=account.platform, **fields) for _ in range(count)]
    for group in groups:
        TenureFactory(group=group, account=account)
    return groups


def test_a_limit_of_groups_counts_those_the_account_answers_for_now(ask, limited, at):
    own(limited, 4)
    [closed] = own(limited, 1)
    with fixture_rows():
        Group.objects.filter(pk=closed.pk).update(state="CLOSED", closed_at=at)
    TenureFactory(
        account=limited,
        platform=limited.platform,
        role="MANAGER",
        group=GroupFactory(platform=limited.platform),
    )

    assert reasons(ask(limited.external_id, "own_group", "g-new")) == []

    own(limited, 1)
    answer = ask(limited.external_id, "own_group", "g-new")
    assert reasons(answer) == ["group-limit"]
    assert answer.json()["context"]["reasons"][0]["sentence"] == (
        "This account may answer for 5 groups, and answers for 5."
    )


def test_limits_do_not_touch_a_group_that_the_account_owns(ask, limited):
    mine = own(limited, 7, size=5000)[0]

    assert reasons(ask(limited.external_id, "own_group", mine.external_id)) == []
    assert reasons(ask(limited.external_id, "manage_group", mine.external_id)) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"size": 1000}, []),
        ({"size": 1001}, ["group-size"]),
        ({"context": {"size": 1001}}, ["group-size"]),
        ({"size": 10, "context": {"size": 1001}}, []),
        ({}, ["group-size"]),
    ],
    ids=["at the limit", "above it", "in the context", "properties win", "the group's own size"],
)
def test_a_limit_of_size_concerns_groups_that_are_taken_on(ask, limited, asked, expected):
    group = GroupFactory(platform=limited.platform, size=2500)

    assert reasons(ask(limited.external_id, "own_group", group.external_id, **asked)) == expected


def test_the_answer_may_be_kept_until_the_next_change_at_most(ask, account, now):
    findings.sanction(account, days=30)

    with time_machine.travel(now + timedelta(days=30, seconds=-20), tick=False):
        answer = ask(account.external_id)
        assert answer.json()["context"]["valid_for"] == 20
        assert answer["Cache-Control"] == "private, max-age=20"
    with time_machine.travel(now + timedelta(days=30), tick=False):
        assert ask(account.external_id).json()["decision"] is True


@pytest.mark.parametrize(
    ("extra", "pointer"),
    [
        ({"subject": {"type": "user", "id": "p-1"}}, "#/subject/type"),
        ({"subject": {"type": "account"}}, "#/subject/id"),
        ({"subject": {"type": "account", "id": ""}}, "#/subject/id"),
        ({"subject": "p-1"}, "#/subject"),
        ({"action": {"name": "fly"}}, "#/action/name"),
        ({"action": None}, "#/action"),
        ({"resource": {"type": "room", "id": "g-1"}}, "#/resource/type"),
        ({"action": {"name": "own_group"}}, "#/resource/id"),
        (
            {"resource": {"type": "group", "properties": {"size": -1}}},
            "#/resource/properties/size",
        ),
        ({"context": {"size": "many"}}, "#/context/size"),
    ],
)
def test_a_request_that_is_malformed_is_refused_with_its_place(ask, extra, pointer):
    answer = ask(**extra)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "malformed-evaluation"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_what_the_standard_allows_besides_is_not_read(ask):
    answer = ask(context={"time": "2026-11-02T12:00:00Z"}, options={"evaluations_semantic": "x"})

    assert answer.status_code == 200


def test_a_list_is_not_an_evaluation_request(client, platform, policy):
    answer = client.post(URL, "[]", content_type="application/json", headers=bearer(platform))

    assert answer.status_code == 400


def test_without_a_token_or_the_scope_nothing_is_said(client, platform, policy):
    assert client.post(URL, {}, content_type="application/json").status_code == 401
    headers = bearer(platform, scope="events")
    assert client.post(URL, {}, content_type="application/json", headers=headers).status_code == 403


def test_an_account_and_a_group_of_another_platform_are_unknown(ask, account, at):
    theirs = AccountFactory(external_id="p-theirs")
    findings.active_policy(theirs.platform)
    findings.sanction(theirs)
    frozen = GroupFactory(platform=theirs.platform, state="FROZEN", frozen_at=at)

    assert ask("p-theirs").json() == ask("p-never-seen").json()
    assert reasons(ask("p-theirs", "own_group", frozen.external_id)) == []


def test_the_request_id_comes_back(client, platform, policy):
    headers = bearer(platform) | {"x-request-id": "abc-1"}
    body = {
        "subject": {"type": "account", "id": "p-1"},
        "action": {"name": "create_group"},
        "resource": {"type": "group", "id": "g-1"},
    }

    answer = client.post(URL, body, content_type="application/json", headers=headers)

    assert answer["X-Request-ID"] == "abc-1"


def test_an_evaluation_costs_the_same_queries_however_long_the_history_is(
    ask, account, django_assert_num_queries
):
    group = GroupFactory(platform=account.platform)
    findings.penalty(account)
    # Token with client and platform; group; the account with its standing, what restricts the
    # person and the groups it owns.
    with django_assert_num_queries(3):
        ask(account.external_id, "own_group", group.external_id)
    own(account, 10)
    for _ in range(10):
        found = findings.penalty(account, severity="LOW", points=0).entry
        findings.reverse(found)
    with django_assert_num_queries(3):
        ask(account.external_id, "own_group", group.external_id)


def test_whom_the_level_withholds_something_costs_two_statements_more(
    ask, account, django_assert_num_queries
):
    findings.penalty(account, severity="CRITICAL")
    assert reasons(ask(account.external_id)) == ["standing", "standing"]

    # Token; the account; its ledger, which says why; the number of the decision to appeal.
    with django_assert_num_queries(4):
        ask(account.external_id)
