"""The constraints and triggers of transfers, claims and duties, each broken once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError

from groups.models import (
    Acknowledgement,
    Claim,
    Duties,
    OwnerlessStep,
    RegistryUpload,
    Transfer,
)
from groups.models.transfers import COOLING_OFF, OFFERED_STEPS
from tests.factories.base import AT, fixture_rows
from tests.factories.core import PlatformFactory
from tests.factories.groups import ClaimFactory, GroupFactory, TransferFactory
from tests.factories.identity import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
STATES = {"OFFERED", "ACCEPTED", "DECLINED", "CANCELLED", "EXPIRED"}
FACTORIES = {Transfer: TransferFactory, Claim: ClaimFactory}


def breaks(name):
    return pytest.raises(IntegrityError, match=name)


def change(row, **fields):
    with fixture_rows():
        type(row).objects.filter(pk=row.pk).update(**fields)


def make_duties(platform, **fields):
    values = {"version": 1, "text": "You answer for your group.", "published_at": AT}
    with fixture_rows():
        return Duties.objects.create(platform=platform, **(values | fields))


def test_one_open_transfer_per_group():
    first = TransferFactory()
    TransferFactory(group=first.group, state="DECLINED", ended_at=AT)

    with breaks("one_open_transfer_per_group"):
        TransferFactory(group=first.group)


def test_a_group_is_offered_to_somebody_else():
    account = AccountFactory()

    with breaks("a_group_is_offered_to_somebody_else"):
        TransferFactory(from_account=account, to_account=account)


def test_one_open_claim_per_group_and_account():
    first = ClaimFactory()
    ClaimFactory(group=first.group)
    ClaimFactory(group=first.group, account=first.account, state="EXPIRED", ended_at=AT)

    with breaks("one_open_claim_per_group_and_account"):
        ClaimFactory(group=first.group, account=first.account)


@pytest.mark.parametrize(
    ("factory", "name"),
    [
        (TransferFactory, "a_transfer_that_ended_says_when"),
        (ClaimFactory, "a_claim_that_ended_says_when"),
    ],
)
@pytest.mark.parametrize("fields", [{"state": "ACCEPTED"}, {"ended_at": AT}])
def test_what_ended_says_when(factory, name, fields):
    with breaks(name):
        factory(**fields)


@pytest.mark.parametrize(
    ("model", "name"), [(Transfer, "a_transfer_ends_once"), (Claim, "a_claim_ends_once")]
)
@pytest.mark.parametrize("step", [(a, b) for a in sorted(STATES) for b in sorted(STATES - {a})])
def test_an_offer_or_claim_ends_once(model, name, step):
    before, after = ({"state": s, "ended_at": None if s == "OFFERED" else AT} for s in step)
    row = FACTORIES[model](**before)

    if step in OFFERED_STEPS:
        change(row, **after)
        assert model.objects.get().state == after["state"]
    else:
        with pytest.raises(DatabaseError, match=name):
            change(row, **after)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "DECLINED", "ended_at": AT, "taken_back_at": AT},
        {"taken_back_at": AT},
        {"state": "ACCEPTED", "ended_at": AT, "taken_back_at": AT - SECOND},
        {"state": "ACCEPTED", "ended_at": AT, "taken_back_at": AT + COOLING_OFF},
    ],
    ids=["declined", "open", "before it", "a day later"],
)
def test_an_accepted_transfer_is_taken_back_within_a_day(fields):
    in_time = AT + COOLING_OFF - SECOND
    TransferFactory(state="ACCEPTED", ended_at=AT, taken_back_at=in_time)

    with breaks("an_accepted_transfer_is_taken_back_within_a_day"):
        TransferFactory(**fields)


@pytest.mark.parametrize("again", [{"taken_back_at": None}, {"taken_back_at": AT + SECOND}])
def test_a_transfer_is_taken_back_once(again):
    transfer = TransferFactory(state="ACCEPTED", ended_at=AT)
    change(transfer, taken_back_at=AT)

    with pytest.raises(DatabaseError, match="a_transfer_is_taken_back_once"):
        change(transfer, **again)


def test_a_version_of_duties_is_published_once(platform):
    make_duties(platform)
    make_duties(platform, language="de")
    make_duties(platform, version=2)

    with breaks("a_version_of_duties_is_published_once"):
        make_duties(platform)


@pytest.mark.parametrize("words", [{"version": 9}, {"language": "de"}, {"text": "Nothing."}])
def test_published_duties_keep_their_text(platform, words):
    duties = make_duties(platform)

    with pytest.raises(DatabaseError, match="published_duties_keep_their_text"):
        change(duties, **words)


def test_duties_are_acknowledged_once_per_group(platform):
    duties, group = make_duties(platform), GroupFactory(platform=platform)
    account = AccountFactory(platform=platform)
    read = {"account": account, "duties": duties, "acknowledged_at": AT}
    with fixture_rows():
        Acknowledgement.objects.create(group=group, **read)
        Acknowledgement.objects.create(group=GroupFactory(platform=platform), **read)

    with breaks("duties_are_acknowledged_once_per_group"), fixture_rows():
        Acknowledgement.objects.create(group=group, **read)


def test_every_constraint_and_trigger_of_these_models_is_broken_here():
    with open(__file__) as source:
        text = source.read()
    for model in (Transfer, Claim, Duties, Acknowledgement):
        guards = [*model._meta.constraints, *getattr(model._meta, "triggers", [])]
        missing = [guard.name for guard in guards if f'"{guard.name}"' not in text]
        assert not missing, f"{model.__name__}: {missing}"


def test_an_ownerless_group_takes_a_step_once_per_deadline():
    given = {"group": GroupFactory(), "kind": "FROZEN", "due_at": AT, "at": AT}

    with breaks("an_ownerless_group_takes_a_step_once_per_deadline"), fixture_rows():
        OwnerlessStep.objects.bulk_create([OwnerlessStep(**given), OwnerlessStep(**given)])


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "REOPENED"},
        {"kind": "REOPENED", "reason": "Talks go on."},
        {"kind": "REOPENED", "by_user": True},
        {"kind": "FROZEN", "by_user": True},
        {"kind": "FROZEN", "reason": "Talks go on."},
    ],
)
def test_more_time_is_given_by_somebody_for_a_reason(fields):
    given = fields | ({"by_user": UserFactory()} if "by_user" in fields else {})
    step = OwnerlessStep(group=GroupFactory(), due_at=AT, at=AT, **given)

    with breaks("more_time_is_given_by_somebody_for_a_reason"), fixture_rows():
        step.save(force_insert=True)


def test_a_table_takes_effect_once():
    user = UserFactory()
    with fixture_rows():
        upload = RegistryUpload.objects.create(
            platform=PlatformFactory(),
            table="GROUPS",
            form="CSV",
            file_name="groups.csv",
            sha256="0" * 64,
            body="group\ng-1\n",
            uploaded_by=user,
            uploaded_at=AT,
        )
    change(upload, applied_at=AT, added=1)

    with breaks("a_table_takes_effect_once"):
        change(upload, added=2)
