"""A purge certificate as a file that anybody can check without Accord's database."""

import json
from typing import Any

from portal.core import signing
from portal.core.errors import Invalid
from portal.core.models import PurgeCertificate


class NotACertificate(Invalid):
    """The file is not a purge certificate in Accord's form."""

    code = "not-a-certificate"
    advice = "Download the certificate again as JSON from its page in the admin."


def to_json(certificate: PurgeCertificate) -> str:
    """Render document, digest, signature and public key, indented for people."""
    return json.dumps(
        {
            "certificate": certificate.reference,
            "document": certificate.document,
            "sha256": certificate.sha256,
            "signature": certificate.signature,
            "key_id": certificate.key_id,
            "public_key": signing.public_key_bytes().hex(),
        },
        indent=2,
        ensure_ascii=False,
    )


def verify(text: str) -> tuple[bool, dict[str, Any]]:
    """Tell whether the signature is of the document, by the public key in the file itself.

    Whether that key is Accord's own, the reader compares with the published one.
    Raises NotACertificate.
    """
    try:
        file = json.loads(text)
        signature = signing.Signature(
            sha256=file["sha256"], value=file["signature"], key_id=file["key_id"]
        )
        genuine = signing.verify(
            file["document"], signature, public_key=bytes.fromhex(file["public_key"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise NotACertificate("This file is not a purge certificate.") from error
    return genuine, file
