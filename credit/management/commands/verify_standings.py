"""`manage.py verify_standings`: every stored standing equals a replay of its ledger."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credit import verification
from portal.core.models import Platform

SHOWN = 20


class Command(BaseCommand):
    help = "Prove that every stored standing equals a replay of its ledger; nothing is written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--platform", metavar="SLUG", help="this platform only")

    def handle(self, *args: Any, **options: Any) -> None:
        platform_id = None
        if slug := options["platform"]:
            platform = Platform.objects.filter(slug=slug).first()
            if platform is None:
                known = ", ".join(Platform.objects.order_by("slug").values_list("slug", flat=True))
                raise CommandError(f"There is no platform {slug}. Known: {known or 'none'}.")
            platform_id = platform.pk
        began = time.monotonic()
        proof = verification.verify(platform_id=platform_id)
        for difference in proof.differences[:SHOWN]:
            self.stderr.write(f"Account {difference.account_id} {difference.what}.")
        if proof.differences:
            raise CommandError(
                f"{len(proof.differences)} differences in {proof.replayed} standings. Nothing was "
                "changed; keep the database as it is and find out what wrote past the actions."
            )
        seconds = time.monotonic() - began
        self.stdout.write(
            f"{proof.replayed} standings replayed in {seconds:.1f} s: all equal their ledgers."
        )
