"""Promise 7: every kind of personal data has a window (bar 32)."""

import pytest
from django.apps import apps

from portal.core.data_classes import OnErasure, registry
from portal.core.ids import uuid7
from portal.core.models import Hold

OURS = ("core", "identity", "credit", "groups", "reports")
# Libraries that store something about people.
THEIRS = ("account", "axes", "mfa", "usersessions")


def our_models():
    return [model for label in OURS + THEIRS for model in apps.get_app_config(label).get_models()]


def test_every_model_has_a_window_or_a_reason_not_to():
    declared = registry.model_labels() | set(registry.exempt)

    assert {model._meta.label for model in our_models()} == declared


def test_no_model_is_declared_twice():
    assert not registry.model_labels() & set(registry.exempt)


def test_every_window_lies_between_floor_and_ceiling():
    for data_class in registry.classes.values():
        window = data_class.window
        assert window.floor <= window.days <= window.ceiling, data_class.name


@pytest.mark.django_db
def test_every_class_can_be_held_by_its_platform():
    # They expire within days, and no matter is about them.
    unreachable = {"stored answers", "failed sign-ins", "sessions"}

    for data_class in registry.classes.values():
        reach = getattr(data_class.engine, "reach", None)
        if reach is not None and data_class.name not in unreachable:
            assert reach.platform, data_class.name
            model = apps.get_model(data_class.engine.model)
            # Every path exists: the query compiles and runs.
            list(model._default_manager.filter(reach.covered(model, Hold.objects.all()))[:1])


def test_the_engines_without_paths_are_those_with_tests_of_every_scope():
    """Days of the log and pasts of groups build their conditions (test_purge_log, test_roles)."""
    others = {
        data_class.name
        for data_class in registry.classes.values()
        if getattr(data_class.engine, "reach", None) is None
    }

    assert others == {"governance log", "tenures and role events"}


def test_a_hold_reaches_a_row_by_every_account_group_and_case_that_it_names():
    scopes = {"identity.Account": "account", "groups.Group": "group", "groups.Case": "case"}
    missing = []
    for data_class in registry.classes.values():
        reach = getattr(data_class.engine, "reach", None)
        model = apps.get_model(data_class.engine.model) if reach else None
        for field in model._meta.get_fields() if model else ():
            target = field.related_model._meta.label if field.many_to_one else None
            scope = scopes.get(target)
            if scope and not {field.name, field.attname} & set(getattr(reach, scope)):
                missing.append(f"{data_class.name}: {field.name}")

    assert missing == []


def test_every_class_about_people_says_what_an_erasure_does_with_it():
    silent = []
    for data_class in registry.classes.values():
        reach = getattr(data_class.engine, "reach", None)
        fate = data_class.on_erasure
        is_about_people = reach is None or reach.account
        if is_about_people and fate.goes is None and not fate.because:
            silent.append(data_class.name)
        if not is_about_people:
            # Nothing in it leads to an account, so it leaves with its window.
            assert fate == OnErasure(), data_class.name

    assert silent == []


@pytest.mark.django_db
def test_every_class_finds_the_rows_about_an_account():
    for data_class in registry.classes.values():
        for rows in data_class.engine.rows_about([uuid7()]):
            assert list(rows.values_list("window_from")) == [], data_class.name
