"""Check a purge certificate, as JSON or PDF, offline: no database is asked."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.core import certificate_pdf, certificates, signing
from portal.core.errors import AccordError


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            help="a public key (hex) that the operator publishes; default: our own",
        )
        parser.add_argument(
            "--keys", type=Path, help="the operator's published keys, downloaded as JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = [*options["key"], *_published(options["keys"])]
        data = _read(options["file"])
        try:
            if data.startswith(b"%PDF"):
                file, typeset_with = certificate_pdf.verify(data)
                signed_with = {file["public_key"], typeset_with}
            else:
                file = certificates.verify(_text(data))
                signed_with = {file["public_key"]}
            for key in sorted(signed_with):
                certificates.require_key(key, known=known or [signing.public_key_bytes().hex()])
        except AccordError as error:
            raise CommandError(str(error)) from error
        document = file["document"]
        ended = " of an interrupted purge" if document.get("interrupted") else ""
        self.stdout.write(
            f"{file['certificate']}{ended} is genuine: as of {document['as_of']}, "
            f"SHA-256 {file['sha256']}, key {file['key_id']}."
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise certificates.NotACertificate("This file is not a purge certificate.") from error


def _published(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return [key["public_key"] for key in json.loads(_read(path))["keys"]]
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} does not hold published keys.") from error
