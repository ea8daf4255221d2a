"""What administrators set up in the dialogs of the admin: staff, API clients, webhook endpoints."""

from tests.authorisation.admin_rows import FOREIGN
from tests.authorisation.dialog_rows import SENT, dialog
from tests.authorisation.people import Who
from tests.authorisation.rows import opened
from tests.factories.base import AT


def _new_role(world, who):
    place = world.there if who is FOREIGN else world.here
    person = {"email": "nia@relay.example", "name": "Nia Berg", "role": "REVIEWER"}
    return SENT | {"platform": place.platform.pk} | person


def _new_client(world, who):
    place = world.there if who is FOREIGN else world.here
    return SENT | {"platform": place.platform.pk, "name": "Backend"}


def _new_endpoint(world, who):
    place = world.there if who is FOREIGN else world.here
    return SENT | {"platform": place.platform.pk, "url": "http://127.0.0.1:8009/hook"}


def _one(label):
    return lambda world: {"object_id": world.here.records[label].pk}


def _with(label, **values):
    """Before the request, let the record be in that state."""

    def set_values(world, who):
        record = world.here.records[label]
        type(record).objects.filter(pk=record.pk).update(**values)

    return set_values


def _at_client(name, **options):
    route = f"admin/identity/apiclient/<path:object_id>/{name}/"
    return dialog(route, opened(Who.ADMINISTRATOR), params=_one("identity.ApiClient"), **options)


def _at_endpoint(name, **options):
    route = f"admin/core/webhookendpoint/<path:object_id>/{name}/"
    one = _one("core.WebhookEndpoint")
    return dialog(route, opened(Who.ADMINISTRATOR), params=one, **options)


def _sent(world, who):
    return SENT


SETUP = [
    *dialog(
        "admin/identity/staffassignment/assign_role/",
        opened(Who.ADMINISTRATOR, FOREIGN),
        data=_new_role,
    ),
    *dialog(
        "admin/identity/staffassignment/<path:object_id>/end_role/",
        opened(Who.ADMINISTRATOR),
        params=_one("identity.StaffAssignment"),
        data=_sent,
    ),
    *dialog(
        "admin/identity/apiclient/add_client/",
        opened(Who.ADMINISTRATOR, FOREIGN),
        data=_new_client,
    ),
    *_at_client(
        "new_secret",
        data=lambda w, who: (
            SENT | {"seen": w.here.records["identity.ApiClient"].updated.isoformat()}
        ),
    ),
    *_at_client("disable_client", data=_sent),
    *_at_client("enable_client", before=_with("identity.ApiClient", disabled_at=AT), data=_sent),
    *dialog(
        "admin/core/webhookendpoint/add_endpoint/",
        opened(Who.ADMINISTRATOR, FOREIGN),
        data=_new_endpoint,
    ),
    *_at_endpoint(
        "change_events",
        data=lambda w, who: SENT | {"seen": "[]", "event_types": ["accord.case.opened.v1"]},
    ),
    *_at_endpoint("new_secret", data=_sent),
    *_at_endpoint(
        "end_previous_secret",
        before=_with("core.WebhookEndpoint", previous_secret="whsec_b25jZQ=="),
        data=_sent,
    ),
    *_at_endpoint("disable_endpoint", data=lambda w, who: SENT | {"reason": "It moves."}),
    *_at_endpoint(
        "enable_endpoint",
        before=_with("core.WebhookEndpoint", disabled_at=AT, disabled_reason="It moves."),
        data=_sent,
    ),
    *dialog(
        "admin/core/webhookdelivery/<path:object_id>/send_again/",
        opened(Who.ADMINISTRATOR),
        params=_one("core.WebhookDelivery"),
        before=_with("core.WebhookDelivery", state="PARKED", attempts=10),
        data=_sent,
    ),
]
