import re

import pytest
from django.db import models

from tests.architecture import sources

MODELS = sources.models()
OWN = [model for model in MODELS if not model._meta.auto_created]
# Digests and ciphertext. Whatever else is bytes or a file could hold a document.
BYTES_OF_IDENTITY = {"identity.PersonTag.digest"}
UPPERCASE = re.compile(r"[A-Z][A-Z0-9_]*")


# A moment may also be a boundary: `active_from`, `period_to`, `as_of`, `until`.
MOMENT = re.compile(r"(.*_)?(at|from|to|until|of)")


def label(model):
    return model._meta.label


def fields_of(model):
    """The fields that we declared; an abstract base of a library has its own habits."""
    foreign = {
        field.name
        for base in model.__mro__[1:]
        if hasattr(base, "_meta") and base._meta.abstract and not _is_ours(base)
        for field in base._meta.local_fields
    }
    return [field for field in model._meta.local_fields if field.name not in foreign]


def _is_ours(base):
    return base.__module__.partition(".")[0] in sources.FOLDERS


@pytest.mark.parametrize("model", OWN, ids=label)
def test_stored_choices_are_uppercase(model):
    for field in fields_of(model):
        if not isinstance(field, models.CharField) or field.name in ("language", "locale"):
            continue
        for value, _label in field.flatchoices or []:
            assert UPPERCASE.fullmatch(value), f"{field}: {value!r}"


@pytest.mark.parametrize("model", OWN, ids=label)
def test_the_name_of_a_constraint_reads_as_a_sentence(model):
    for constraint in model._meta.constraints:
        assert len(constraint.name.split("_")) >= 3, constraint.name
        assert constraint.name == constraint.name.lower()


@pytest.mark.parametrize("model", OWN, ids=label)
def test_no_model_orders_itself(model):
    assert not model._meta.ordering


@pytest.mark.parametrize("model", OWN, ids=label)
def test_no_field_takes_the_time_from_the_clock(model):
    for field in fields_of(model):
        assert not getattr(field, "auto_now", False), field
        assert not getattr(field, "auto_now_add", False), field


@pytest.mark.parametrize("model", OWN, ids=label)
def test_times_and_dates_say_so_in_their_names(model):
    for field in fields_of(model):
        if isinstance(field, models.DateTimeField):
            assert MOMENT.fullmatch(field.name), field
        elif isinstance(field, models.DateField):
            assert field.name.endswith(("date", "day")), field


def test_identity_holds_attestations_and_no_documents():
    holders = {
        str(field)
        for model in MODELS
        if model._meta.app_label == "identity"
        for field in model._meta.local_fields
        if isinstance(field, models.FileField | models.BinaryField)
    }

    assert holders <= BYTES_OF_IDENTITY


def test_no_model_outside_of_reports_keeps_a_file():
    holders = {
        model._meta.app_label
        for model in MODELS
        for field in model._meta.local_fields
        if isinstance(field, models.FileField)
    }

    assert holders <= {"reports"}
