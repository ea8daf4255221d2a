import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from portal.core import signing

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


def test_members_are_sorted_by_utf_16_as_rfc_8785_shows():
    # RFC 8785 section 3.2.3: by code points, U+1F600 would come after U+FB33.
    document = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}

    assert signing.canonical(document).decode() == (
        '{"\\r":2,"1":4,"\x80":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'
    )


def test_texts_are_escaped_as_rfc_8785_shows():
    assert signing.canonical('\u20ac$\u000f\nA\'B"\\"/').decode() == '"€$\\u000f\\nA\'B\\"\\\\\\"/"'


@pytest.mark.parametrize(
    "value", [1.5, {"a": float("nan")}, 2**53, "\ud800", {1: 2}, b"x", object()]
)
def test_what_has_no_one_form_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        signing.canonical(value)


@given(DOCUMENTS)
def test_every_document_verifies_and_no_other_does(document):
    signature = signing.sign(document)

    assert signing.verify(document, signature)
    assert signature.sha256 == signing.digest(document)
    assert not signing.verify([document], signature)


def test_a_changed_signature_fails():
    signature = signing.sign({"deleted": 3})
    value = bytearray(base64.b64decode(signature.value))
    value[5] ^= 1
    changed = base64.b64encode(value).decode()

    assert not signing.verify({"deleted": 3}, signing.Signature(signature.sha256, changed, "x"))
    assert not signing.verify({"deleted": 3}, signing.Signature(signature.sha256, "%%", "x"))


def test_another_key_does_not_verify():
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    signature = signing.sign("x")

    assert signing.verify("x", signature, public_key=signing.public_key_bytes())
    assert not signing.verify("x", signature, public_key=other)


def test_a_signature_fits_its_columns():
    signature = signing.sign("x")

    assert (len(signature.sha256), len(signature.value), len(signature.key_id)) == (64, 88, 16)


def test_a_bad_signing_key_says_how_to_make_one(settings):
    settings.SIGNING_KEY = "c2hvcnQ="

    with pytest.raises(ImproperlyConfigured, match="openssl rand -base64 32"):
        signing.sign("x")
