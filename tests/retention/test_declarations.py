"""Promise 7: every kind of personal data has a window (bar 32)."""

import pytest
from django.apps import apps

from portal.core.data_classes import registry
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
