"""`manage.py verify_standings`: every stored standing equals a replay of its ledger."""

import time
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credit import verification
from credit.actions import standings
from portal.core.actors import Actor
from portal.core.models import Platform

SHOWN = 20
BY = Actor.system("verify_standings")


class Command(BaseCommand):
    help = "Prove that every stored standing equals a replay of its ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--platform", metavar="SLUG", help="this platform only")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="write what the replay gives, and tell platforms of answers that change",
        )

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
        seconds = time.monotonic() - began
        if not proof.differences:
            self.stdout.write(
                f"{proof.replayed} standings replayed in {seconds:.1f} s: all equal their ledgers."
            )
            return
        found = f"{len(proof.differences)} differences in {proof.replayed} standings."
        if not options["repair"]:
            raise CommandError(
                f"{found} Nothing was changed; find out what wrote past the actions before you"
                " run it again with --repair."
            )
        accounts = list(dict.fromkeys(each.account_id for each in proof.differences))
        told = _repair(accounts)
        self.stdout.write(
            f"{found} {len(accounts)} standings were written anew; {told} answers changed and"
            " were announced. The audit log has what was stored before."
        )


def _repair(accounts: list[UUID]) -> int:
    """Repair some at a time, each time in a transaction; return how many answers changed."""
    told = 0
    for start in range(0, len(accounts), verification.BATCH):
        batch = accounts[start : start + verification.BATCH]
        told += standings.repair(account_ids=batch, by=BY, at=timezone.now())
    return told
