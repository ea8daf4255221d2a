import base64
import os

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from portal.core import keyring
from portal.core.fields import EncryptedTextField
from portal.core.models import AuditEntry, WebhookEndpoint
from tests.factories.core import WebhookEndpointFactory

SECRET = "whsec_dGhlIHNlY3JldA=="


def key(name):
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


def raw(column, pk):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM core_webhookendpoint WHERE id = %s", [pk])
        value = cursor.fetchone()[0]
    return None if value is None else bytes(value)


def test_text_is_plain_in_python_and_sealed_in_the_database(platform):
    endpoint = WebhookEndpointFactory(platform=platform, secret=SECRET)

    assert WebhookEndpoint.objects.get().secret == SECRET
    assert SECRET.encode() not in raw("secret", endpoint.pk)
    assert raw("secret", endpoint.pk).startswith(b"\x01\x04demo")


def test_null_stays_null_and_can_be_asked_for(platform):
    WebhookEndpointFactory(platform=platform, previous_secret=None)

    assert WebhookEndpoint.objects.filter(previous_secret__isnull=True).count() == 1
    assert WebhookEndpoint.objects.filter(secret__isnull=True).count() == 0


@pytest.mark.parametrize("lookup", ["exact", "contains", "in", "gt", "iexact", "regex"])
def test_other_lookups_are_refused(lookup):
    with pytest.raises(FieldError):
        WebhookEndpoint.objects.filter(**{f"secret__{lookup}": "x"})


def test_update_and_bulk_update_seal_too(platform):
    one = WebhookEndpointFactory(platform=platform, secret=SECRET)
    two = WebhookEndpointFactory(platform=platform, secret=SECRET)

    WebhookEndpoint.objects.filter(pk=one.pk).update(secret="ä🙂")
    two.secret = ""
    WebhookEndpoint.objects.bulk_update([two], ["secret"])

    assert WebhookEndpoint.objects.get(pk=one.pk).secret == "ä🙂"
    assert WebhookEndpoint.objects.get(pk=two.pk).secret == ""
    assert len(raw("secret", two.pk)) == 2 + len("demo") + 12 + 16


def test_equal_texts_give_different_bytes(platform):
    one = WebhookEndpointFactory(platform=platform, secret=SECRET)
    two = WebhookEndpointFactory(platform=platform, secret=SECRET)

    assert raw("secret", one.pk) != raw("secret", two.pk)


def test_a_value_moved_to_another_column_does_not_open(platform):
    endpoint = WebhookEndpointFactory(platform=platform, secret=SECRET)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_webhookendpoint SET previous_secret = secret")

    with pytest.raises(keyring.BrokenSeal):
        WebhookEndpoint.objects.get(pk=endpoint.pk)


def test_any_changed_byte_is_noticed():
    ring = keyring.current()
    sealed = ring.seal(b"text", bound_to=b"here")

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises((keyring.BrokenSeal, keyring.UnknownKey)):
            ring.open(bytes(changed), bound_to=b"here")
    assert ring.open(sealed, bound_to=b"here") == b"text"


def test_an_unknown_key_is_named_with_what_to_do(platform, settings):
    WebhookEndpointFactory(platform=platform)
    settings.FIELD_KEYS = key("k9")

    with pytest.raises(keyring.UnknownKey, match=r"key 'demo', which FIELD_KEYS does not hold"):
        WebhookEndpoint.objects.get()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "list of id:base64"),
        ("k1", "list of id:base64"),
        ("k1:c2hvcnQ=", "not base64 of 32 bytes"),
        ("k1:!!", "not base64 of 32 bytes"),
        ("{0},{0}", "twice"),
    ],
)
def test_a_bad_key_ring_says_what_is_wrong_and_never_shows_a_key(text, sentence):
    text = text.format(key("k1"))

    with pytest.raises(ImproperlyConfigured, match=sentence) as caught:
        keyring.parse(text)

    assert all(part[3:] not in str(caught.value) for part in text.split(",") if part[3:])


def test_a_bad_key_ring_is_found_by_the_system_check(settings):
    settings.FIELD_KEYS = "nonsense"

    found = WebhookEndpoint._meta.get_field("secret").check()

    assert [message.id for message in found] == ["accord.E001"]


def test_an_encrypted_field_cannot_be_unique():
    field = EncryptedTextField(unique=True)
    field.set_attributes_from_name("secret")
    field.model = WebhookEndpoint

    assert "accord.E002" in [message.id for message in field.check()]


def test_migrations_name_the_field_by_its_path():
    path, args, kwargs = EncryptedTextField(null=True, max_length=5).deconstruct()[1:]

    assert path == "portal.core.fields.EncryptedTextField"
    assert (args, kwargs) == ([], {"null": True, "max_length": 5})


def test_rotation_moves_every_value_to_the_first_key(platform, settings, capsys):
    old, new = settings.FIELD_KEYS, key("k2")
    endpoints = [WebhookEndpointFactory(platform=platform, secret=f"{SECRET}{n}") for n in range(7)]
    settings.FIELD_KEYS = f"{new},{old}"
    already = WebhookEndpointFactory(platform=platform, secret="new")
    untouched = raw("secret", already.pk)

    call_command("rotate_field_keys", batch=3)

    printed = capsys.readouterr().out
    assert "core.WebhookEndpoint.secret: 7 values re-encrypted, 8 in all." in printed
    assert "Key demo is no longer used. Remove it from FIELD_KEYS." in printed
    assert raw("secret", already.pk) == untouched
    entries = AuditEntry.objects.filter(action="field_keys.rotate")
    assert [e.new["rows"] for e in entries.order_by("id")] == [3, 3, 1]
    settings.FIELD_KEYS = new
    assert WebhookEndpoint.objects.get(pk=endpoints[6].pk).secret == f"{SECRET}6"


def test_rotation_that_was_stopped_goes_on_where_it_was(platform, settings, capsys, monkeypatch):
    from portal.core.actions import field_keys

    [WebhookEndpointFactory(platform=platform) for _ in range(5)]
    settings.FIELD_KEYS = f"{key('k2')},{settings.FIELD_KEYS}"
    original, calls = field_keys.rotate_batch, []

    def stop_at_the_second(**kwargs):
        calls.append(kwargs)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(**kwargs)

    monkeypatch.setattr(field_keys, "rotate_batch", stop_at_the_second)
    with pytest.raises(SystemExit):
        call_command("rotate_field_keys", batch=2)
    monkeypatch.undo()
    call_command("rotate_field_keys", batch=2)

    assert (
        "core.WebhookEndpoint.secret: 3 values re-encrypted, 5 in all." in capsys.readouterr().out
    )
