"""Create the days of the log that are missing from today on, as the daily task does."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from groups.actions import partitions
from portal.core.actors import Actor


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=partitions.AHEAD.days)

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        if not 0 <= days <= 366:
            raise CommandError("--days must lie between 0 and 366.")
        at = timezone.now()
        new = partitions.ensure(
            first=at.date(),
            last=at.date() + timedelta(days=days),
            by=Actor.system("create_partitions"),
            at=at,
        )
        self.stdout.write(
            f"Created {len(new)} days, {new[0]} to {new[-1]}" if new else "Nothing was missing"
        )
