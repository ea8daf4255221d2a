"""Delete what is older than its window and not held, or say what would be deleted."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from portal.core.actions import purge
from portal.core.actors import Actor


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would go and why the rest stays",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = purge.run(
                by=Actor.system("manage.py purge"),
                at=timezone.now(),
                dry=options["dry_run"],
            )
        except purge.PurgeRunning as error:
            raise CommandError(str(error)) from error
        table = Table(
            "Data",
            "Kept for",
            "Would go" if run.is_dry else "Deleted",
            "Kept by a hold",
        )
        for line in run.plan:
            kept_by = ", ".join(f"{hold}: {count}" for hold, count in line["kept_by"].items())
            gone = line["due"] if run.is_dry else line["deleted"]
            table.add_row(
                line["class"],
                _kept_for(line["window_days"], line["starts"]),
                str(gone),
                f"{line['kept']} ({kept_by})" if kept_by else "",
            )
        console = Console(
            file=self.stdout,  # type: ignore[arg-type]
            width=None if self.stdout.isatty() else 120,
        )
        console.print(table)
        if any(len(line["kept_by"]) > 1 for line in run.plan):
            console.print("Holds can cover the same rows; a row that stays is counted once.")
        if run.is_dry:
            console.print("Nothing was deleted. Run it without --dry-run to do just this.")
        else:
            console.print(f"Certificate {run.certificate.reference}, signed, in the admin.")


def _kept_for(days: int, starts: str) -> str:
    if not days:
        return f"until {starts}"
    return f"{days} day{'' if days == 1 else 's'} after {starts}"
