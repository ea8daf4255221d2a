"""A purge certificate as a file that anybody can check without Accord's database."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min

from portal.core import signing
from portal.core.errors import Invalid
from portal.core.models import PurgeCertificate, PurgeRun

Document = dict[str, Any]
MEMBERS = {"certificate", "document", "sha256", "signature", "key_id", "public_key"}
TYPE = "accord.purge-certificate.v2"


class NotACertificate(Invalid):
    """The file is not a purge certificate in Accord's form."""

    code = "not-a-certificate"
    advice = "Download the certificate again from its page in the admin."


class NotGenuine(Invalid):
    """The certificate or the file around it was changed, or another key signed it."""

    code = "certificate-not-genuine"
    advice = "Download it again from its page, and compare the key with the published ones."


def compose(*, number: int, purge_run: PurgeRun, issued_at: datetime) -> Document:
    """Write the document to sign: what the run did, class by class."""
    assert purge_run.started_at is not None
    assert purge_run.finished_at is not None
    return {
        "type": TYPE,
        "certificate": f"P-{number}",
        "run": str(purge_run.pk),
        "run_by": purge_run.run_by,
        "interrupted": purge_run.state == PurgeRun.State.FAILED,
        "as_of": purge_run.as_of.isoformat(),
        "started_at": purge_run.started_at.isoformat(),
        "finished_at": purge_run.finished_at.isoformat(),
        "issued_at": issued_at.isoformat(),
        "classes": purge_run.plan,
    }


def count_deleted(document: Document) -> int:
    """Count all rows that went, with what hung on the rows of each class."""
    return sum(gone["rows"] for line in document["classes"] for gone in line["gone"].values())


def to_json(certificate: PurgeCertificate) -> str:
    """Render document, digest, signature and public key, indented for people."""
    return render(
        {
            "certificate": certificate.reference,
            "document": certificate.document,
            "sha256": certificate.sha256,
            "signature": certificate.signature,
            "key_id": certificate.key_id,
            "public_key": certificate.public_key,
        }
    )


def render(file: Document) -> str:
    """Write the one form a certificate's file has, so that any changed byte shows.

    Members are sorted, because PostgreSQL keeps those of a document in an order of its own.
    """
    return json.dumps(file, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def verify(text: str) -> Document:
    """Return the file when it is, byte for byte, what the key in it signed.

    Whether that key is the operator's is for `require_key`. Raises NotACertificate, NotGenuine.
    """
    try:
        file: Document = json.loads(text)
        signature = signing.Signature(
            sha256=file["sha256"], value=file["signature"], key_id=file["key_id"]
        )
        key = bytes.fromhex(file["public_key"])
        is_signed = signing.verify(file["document"], signature, public_key=key)
        names = {file["certificate"], file["document"].get("certificate", file["certificate"])}
        is_as_rendered = (
            render(file) == text
            and len(names) == 1
            and set(file) == MEMBERS
            and key.hex() == file["public_key"]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotACertificate("This file is not a purge certificate.") from error
    if not is_signed:
        raise NotGenuine("The signature does not match: the document was changed.")
    if not is_as_rendered:
        raise NotGenuine("What was signed is intact, but the file around it was changed.")
    return file


def require_key(public_key: str, *, known: Iterable[str]) -> None:
    """Raise NotGenuine unless one of the operator's keys has signed."""
    if public_key not in set(known):
        key_id = signing.key_id_of(bytes.fromhex(public_key))
        raise NotGenuine(
            f"It is intact, but signed with a key that is not known here ({key_id}). Compare it "
            "with the keys that the operator publishes, and name the right one with --key."
        )


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of this operator, with the certificates it has signed."""

    key_id: str
    public_key: str
    is_current: bool
    first_at: datetime | None = None
    last_at: datetime | None = None


def list_keys() -> list[Key]:
    """List the operator's public keys, the one in use first and then the newest."""
    current = signing.public_key_bytes().hex()
    spans = PurgeCertificate.objects.exclude(public_key="").values_list("public_key", "key_id")
    keys = [
        Key(key_id, public_key, public_key == current, first_at, last_at)
        for public_key, key_id, first_at, last_at in spans.annotate(
            first_at=Min("issued_at"), last_at=Max("issued_at")
        ).order_by("-last_at")
    ]
    if not any(key.is_current for key in keys):
        keys.append(Key(signing.key_id_of(bytes.fromhex(current)), current, True))
    return sorted(keys, key=lambda key: not key.is_current)
