"""A purge certificate as a PDF: for people to read, with the signed JSON in it as an attachment.

A last line after the PDF's end signs every byte before it, so that a changed word on a page shows
as well as one in the attachment. PDF readers pass over what follows the end of the file.
"""

import re
import zlib
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import dateformat

from portal.core import certificates, purge_words, signing
from portal.core.certificates import Document, NotACertificate, NotGenuine
from portal.core.models import PurgeCertificate

# What is signed begins with this, so that the signature fits nothing else.
PURPOSE = b"accord.purge-certificate-pdf.v1\n"
LAST_LINE = re.compile(rb"\n%accord-signature ed25519 ([0-9a-f]{64}) ([A-Za-z0-9+/=]{88})\n\Z")
ATTACHED = re.compile(
    rb"<<(?:(?!>>\s*stream).)*?/Type /EmbeddedFile.*?>>\s*stream\n(.*?)\nendstream", re.DOTALL
)


def to_pdf(certificate: PurgeCertificate, *, at: datetime) -> bytes:
    """Typeset a certificate at a moment; nothing is fetched from outside."""
    from weasyprint import HTML, Attachment
    from weasyprint.urls import URLFetcher

    document = certificate.document
    html = render_to_string(
        "certificates/pdf.html",
        {
            "certificate": certificate,
            "document": document,
            "file_name": f"{certificate.reference}.json",
            "kind": "Interrupted purge" if document.get("interrupted") else "Purge",
            "times": {
                name: dateformat.format(datetime.fromisoformat(document[name]), "j F Y, H:i:s e")
                for name in ("as_of", "started_at", "finished_at", "issued_at")
                if name in document
            },
            "classes": purge_words.put_all(document["classes"]),
            "keys_url": settings.PUBLIC_URL + reverse("certificate_keys"),
        },
    )
    attachment = Attachment(
        string=certificates.to_json(certificate),
        name=f"{certificate.reference}.json",
        description="The signed certificate",
        created=at,
        modified=at,
        relationship="Data",
    )
    page: bytes = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["data"])).write_pdf(
        pdf_tags=True, attachments=[attachment]
    )
    signature = signing.sign_bytes(PURPOSE + page)
    key = signing.public_key_bytes().hex()
    return page + f"\n%accord-signature ed25519 {key} {signature}\n".encode()


def verify(pdf: bytes) -> tuple[Document, str]:
    """Return the attached file and the key that signed the PDF, when every byte is as signed.

    Raises NotACertificate, NotGenuine.
    """
    found = LAST_LINE.search(pdf)
    if found is None:
        raise NotACertificate(
            "This PDF is not a purge certificate, or its last line was changed or cut off."
        )
    key, signature = found[1].decode(), found[2].decode()
    page = PURPOSE + pdf[: found.start()]
    if not signing.verify_bytes(page, signature, public_key=bytes.fromhex(key)):
        raise NotGenuine("The PDF was changed after Accord had made and signed it.")
    attached = ATTACHED.search(pdf)
    if attached is None:
        raise NotACertificate("This PDF has no certificate attached.")
    return certificates.verify(zlib.decompress(attached[1]).decode()), key
