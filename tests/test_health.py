import pytest
from django.db import OperationalError, connection


@pytest.mark.django_db
def test_a_process_that_reaches_its_database_is_healthy(client):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_without_a_database_the_balancer_is_told_to_come_back(client, monkeypatch):
    def refuse(*_):
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/healthz")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"


@pytest.mark.django_db
def test_load_balancers_ask_without_tls(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz").status_code == 200
    assert client.get("/help/").status_code == 301


@pytest.mark.parametrize(
    ("token", "header"), [("", "Bearer "), ("right", ""), ("right", "Bearer wrong")]
)
def test_metrics_are_hidden_from_whoever_has_no_token(client, settings, token, header):
    settings.METRICS_TOKEN = token

    assert client.get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.django_db
def test_metrics_are_there_for_whoever_scrapes(client, settings):
    settings.METRICS_TOKEN = "right"
    response = client.get("/metrics", headers={"Authorization": "Bearer right"})

    assert response.status_code == 200
    assert b"django_http_requests_before_middlewares_total" in response.content


@pytest.mark.django_db
def test_without_a_database_what_the_process_counted_is_still_told(client, settings, monkeypatch):
    settings.METRICS_TOKEN = "right"

    def refuse(*_):
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/metrics", headers={"Authorization": "Bearer right"})

    assert response.status_code == 200
    assert b"django_http_requests_before_middlewares_total" in response.content
    assert b"accord_log_bytes" not in response.content
