"""Check the signature of a purge certificate, offline: no database is asked."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.core import certificates, signing
from portal.core.errors import AccordError


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", help="the published public key (hex); default: our own")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        try:
            genuine, file = certificates.verify(text)
        except AccordError as error:
            raise CommandError(str(error)) from error
        if not genuine:
            raise CommandError("The signature does not match: the document was changed.")
        expected = options["key"] or signing.public_key_bytes().hex()
        if file["public_key"] != expected:
            raise CommandError(
                f"The document is intact, but signed with another key ({file['key_id']}). "
                "Compare it with the key that the operator publishes."
            )
        self.stdout.write(
            f"{file['certificate']} is genuine: {file['document']['as_of']}, "
            f"SHA-256 {file['sha256']}."
        )
