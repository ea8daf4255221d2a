"""Fold all tenures again from the baselines and the role events, and compare with what is stored.

Also looks whether everything in the log that says something of a role is a role event. Prints each
difference. The exit code is 1 when there are any, unless --repair mended them.
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from rich.console import Console

from groups.actions import replays
from groups.management.progress import Progress
from groups.models import Group
from portal.core.actors import Actor
from portal.core.models import Platform

BY = Actor.system("replay_log")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--platform", metavar="SLUG", help="Only groups of this platform.")
        parser.add_argument(
            "--group", metavar="ID", help="Only the group with this id, the platform's or Accord's."
        )
        parser.add_argument(
            "--repair", action="store_true", help="Store what the replay says, and tell partners."
        )
        parser.add_argument(
            "--batch",
            type=int,
            default=500,
            metavar="N",
            help="How many groups are locked and compared at a time (500).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("--batch takes a number from 1 on.")
        chosen = self._groups(options["platform"], options["group"])
        groups = tenures = differences = 0
        with Progress(
            Console(file=self.stdout, highlight=False),  # type: ignore[arg-type]
            "Replaying",
            total=chosen.count(),
            unit="groups",
        ) as progress:
            for batch in _batches(chosen, options["batch"]):
                if options["repair"]:
                    found = replays.repair(group_ids=batch, by=BY, at=timezone.now())
                else:
                    found = replays.check(group_ids=batch, at=timezone.now())
                for sentence in found.differences:
                    self.stdout.write(sentence)
                groups += found.groups
                tenures += found.tenures
                differences += len(found.differences)
                progress.advance(len(batch))
        self.stdout.write(f"{groups:,} groups, {tenures:,} tenures, {differences:,} differences")
        if differences and not options["repair"]:
            raise CommandError(
                "What is stored differs from the replay. --repair stores what the replay says."
            )
        if differences:
            self.stdout.write("Repaired: what the replay says is stored.")

    def _groups(self, slug: str | None, group: str | None) -> QuerySet[Group]:
        found = Group.objects.all()
        if slug is not None:
            if not Platform.objects.filter(slug=slug).exists():
                raise CommandError(f"There is no platform {slug!r}.")
            found = found.filter(platform__slug=slug)
        if group is not None:
            found = found.filter(external_id=group) | found.filter(pk__in=_as_ids(group))
            if not found.exists():
                raise CommandError(f"There is no group {group!r}.")
        return found


def _batches(groups: QuerySet[Group], most: int) -> Iterator[list[UUID]]:
    """Yield the ids of up to `most` groups, each time of one platform."""
    for platform in Platform.objects.order_by("slug"):
        of_platform = groups.filter(platform=platform).order_by("external_id")
        ids = list(of_platform.values_list("pk", flat=True))
        for start in range(0, len(ids), most):
            yield ids[start : start + most]


def _as_ids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []
