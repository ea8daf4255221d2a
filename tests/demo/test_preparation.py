from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection

from portal.core.models import WebhookEndpoint
from portal.demo import home, preparation
from portal.embedded.places import Refused
from tests.factories.core import WebhookEndpointFactory


def url():
    return psycopg.conninfo.make_conninfo(
        **{
            key: value
            for key, value in connection.get_connection_params().items()
            if key in ("host", "port", "user", "password", "dbname")
        }
    )


@pytest.mark.django_db
def test_made_up_people_stay_out_of_a_database_that_is_in_use():
    with pytest.raises(Refused, match="Name an empty database, or unset it"):
        preparation.refuse_a_database_in_use(url())


@pytest.mark.parametrize("url", ["", "postgresql://db.internal/other"])
def test_the_demo_does_not_go_on_with_another_database(tmp_path, monkeypatch, url):
    for name in ("PREPARED", "DEMO"):
        monkeypatch.setattr(home, name, tmp_path / name)
    demo = SimpleNamespace(is_external=bool(url), database_url=url)
    home.DEMO.write_text("{}")
    home.PREPARED.write_text(
        preparation.fingerprint(SimpleNamespace(is_external=True, database_url="first"))
    )

    with pytest.raises(Refused, match="are in another database"):
        preparation.prepare(demo)


@pytest.mark.django_db(transaction=True)
def test_the_demo_receivers_follow_the_web_server_to_another_port():
    ours = WebhookEndpointFactory(url="http://127.0.0.1:8000/demo/webhooks/receive/?fail")
    theirs = WebhookEndpointFactory(url="http://127.0.0.1:80001/demo/")

    preparation.move_webhooks(url(), "http://127.0.0.1:8000", "http://127.0.0.1:8003")

    moved = WebhookEndpoint.objects.get(pk=ours.pk)
    assert moved.url == "http://127.0.0.1:8003/demo/webhooks/receive/?fail"
    assert WebhookEndpoint.objects.get(pk=theirs.pk).url == theirs.url
