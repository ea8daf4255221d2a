"""What a certificate says is what was deleted; any changed byte of it is refused, also offline."""

import json
import random
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from groups.models import Case, CaseEntry, Decision, Evidence, Flag, Notice
from portal.core import certificate_pdf, certificates, purging, signing
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.models import AuditEntry, PurgeCertificate, PurgeRun
from tests.factories.base import AT, fixture_rows
from tests.factories.groups import CaseFactory, DecisionFactory, FlagFactory, NoticeFactory

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system("tests")
LONG_AGO = AT - timedelta(days=800)
ANOTHER_KEY = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="


class Killed(BaseException):
    pass


def closed_case(**fields):
    closed = {"state": Case.State.CLOSED, "decided_at": LONG_AGO, "closed_at": LONG_AGO}
    case = CaseFactory(**closed, **fields)
    FlagFactory(case=case)
    DecisionFactory(case=case)
    NoticeFactory(platform=case.platform, case=case, created_at=AT)
    with fixture_rows():
        CaseEntry.objects.create(case=case, kind="OPENED", is_public=True, at=LONG_AGO)
    return case


def line_of(document, name):
    return next(line for line in document["classes"] if line["class"] == name)


def ticking():
    """A clock that goes on by a second whenever it is asked."""
    moment = [AT]

    def clock():
        moment[0] += timedelta(seconds=1)
        return moment[0]

    return clock


def test_what_hung_on_a_row_is_counted_and_digested_by_model():
    models = (Case, Flag, Decision, Notice, CaseEntry)
    cases = [closed_case() for _ in range(3)]
    keys = {model: sorted(map(str, model.objects.values_list("pk", flat=True))) for model in models}
    assert all(keys.values())

    certificate = purge.run(by=SYSTEM, at=AT, clock=ticking()).certificate

    line = line_of(certificate.document, "closed cases")
    assert line["deleted"] == len(cases)
    assert line["gone"] == {
        model._meta.label: {
            "rows": len(keys[model]),
            "sha256": purging.chain(purging.NOTHING, keys[model]),
        }
        for model in models
    }
    assert certificate.deleted >= sum(map(len, keys.values()))
    document = certificate.document
    assert document["started_at"] < document["finished_at"] <= document["issued_at"]


def test_an_interrupted_run_certifies_what_it_had_committed():
    """At every statement that deletes cases: certified is what is gone, no more and no less."""
    for _ in range(3):
        closed_case()
    for certified, step in enumerate(range(1, 20)):
        before = _all_rows()
        if not _killed_at(step):
            break
        gone = before - _all_rows()
        certificate = PurgeCertificate.objects.latest("number")
        document = certificate.document
        assert PurgeCertificate.objects.count() == certified + 1
        assert (document["interrupted"], certificate.run.state) == (True, "FAILED")
        assert certificates.count_deleted(document) == gone == certificate.deleted
        assert [line["progress"] for line in document["classes"]].count("BEGUN") <= 1
    else:
        pytest.fail("It was killed at every step and never finished.")
    assert certified > 5
    assert Case.objects.count() == 0
    assert not PurgeCertificate.objects.latest("number").document["interrupted"]


def _all_rows():
    return sum(m.objects.count() for m in (Case, Flag, Decision, Notice, CaseEntry, Evidence))


def _killed_at(step):
    """Kill a run at its n-th DELETE or at what it writes down after them; say if there was one."""
    left = [step]

    def kill(execute, sql, params, many, context):
        is_noted = {"purge.delete", "purge.finish"} & _texts(params)
        if sql.startswith('DELETE FROM "groups_') or is_noted:
            left[0] -= 1
            if not left[0]:
                raise Killed
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(kill):
            purge.run(by=SYSTEM, at=AT)
    except Killed:
        return True
    return False


def _texts(params):
    return {value for value in params or () if isinstance(value, str)}


def test_a_run_whose_process_was_killed_is_certified_by_the_next():
    line = {"class": "notices", "progress": "BEGUN", "kept": 1, "deleted": 4}
    line["gone"] = {"groups.Notice": {"rows": 4, "sha256": "0" * 64}}
    killed = PurgeRun.objects.create(
        is_dry=False, as_of=AT, started_at=AT, run_by="tests", plan=[line]
    )
    closed_case()

    purge.run(by=SYSTEM, at=AT)

    killed.refresh_from_db()
    assert (killed.state, killed.finished_at) == ("FAILED", AT)
    assert killed.certificate.document["interrupted"] is True
    assert (killed.certificate.deleted, killed.certificate.kept) == (4, 1)
    assert Case.objects.count() == 0


def test_each_batch_is_audited_on_its_run():
    closed_case()

    run = purge.run(by=SYSTEM, at=AT)

    entries = AuditEntry.objects.filter(action="purge.delete")
    assert {(entry.record_type, entry.record_id) for entry in entries} == {
        ("core.PurgeRun", str(run.pk))
    }
    assert {"groups.Case", "groups.Flag"} <= entries.get(old__model="groups.Case").old[
        "by_model"
    ].keys()


@pytest.fixture
def certificate():
    closed_case()
    return purge.run(by=SYSTEM, at=AT).certificate


@pytest.fixture
def refused(tmp_path):
    def verify(data, **options):
        file = tmp_path / "file"
        file.write_bytes(data)
        with pytest.raises(CommandError) as refusal:
            call_command("verify_certificate", str(file), **options)
        return str(refusal.value)

    return verify


@pytest.fixture
def accepted(tmp_path, capsys):
    def verify(data, **options):
        file = tmp_path / "file"
        file.write_bytes(data)
        call_command("verify_certificate", str(file), **options)
        return capsys.readouterr().out

    return verify


def forms(certificate):
    yield certificates.to_json(certificate).encode()
    yield certificate_pdf.to_pdf(certificate, at=AT)


def test_both_files_verify_without_a_database(certificate, accepted, django_db_blocker):
    files = list(forms(certificate))
    connection.close()

    with django_db_blocker.block():
        for data in files:
            said = accepted(data)
            assert f"{certificate.reference} is genuine" in said
            assert certificate.sha256 in said


def test_any_changed_byte_is_refused_with_a_sentence(certificate, refused):
    chance = random.Random(20261102)
    for data in forms(certificate):
        # Every place of the end, where the signatures are, and some of the rest.
        places = {*range(len(data) - 230, len(data)), *chance.sample(range(len(data)), 250)}
        for place in places:
            changed = bytearray(data)
            changed[place] ^= 1 << chance.randrange(8)
            assert re.fullmatch(r"[A-Z].+\.", refused(bytes(changed))), place
        refused(data + b" ")
        refused(data[:-1])


def test_a_file_that_is_not_there_is_refused_with_a_sentence():
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("verify_certificate", "/there/is/no/such/file")


def test_a_certificate_that_somebody_else_signed_is_refused(certificate, refused, settings):
    own = list(forms(certificate))
    settings.SIGNING_KEY = ANOTHER_KEY

    for data in own:
        assert "a key that is not known here" in refused(data)


def test_a_new_signing_key_leaves_old_certificates_verifiable(
    certificate, accepted, settings, tmp_path
):
    old = signing.public_key_bytes().hex()
    settings.SIGNING_KEY = ANOTHER_KEY
    current = signing.public_key_bytes().hex()
    keys = tmp_path / "keys.json"
    keys.write_bytes(Client().get("/certificates/keys.json").content)

    for data in forms(certificate):
        assert "is genuine" in accepted(data, keys=keys)
        assert "is genuine" in accepted(data, key=[old, current])
    published = json.loads(keys.read_text())["keys"]
    assert [(key["public_key"], key["is_current"]) for key in published] == [
        (current, True),
        (old, False),
    ]
    page = Client().get("/certificates/keys/").content.decode()
    assert old in page
    assert current in page
