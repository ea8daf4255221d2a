"""Delete what is older than its window and not held, or say what would be deleted."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from portal.core import purge_words
from portal.core.actions import purge
from portal.core.actors import Actor
from portal.core.data_classes import registry
from portal.core.models import PurgeRun
from portal.core.purge_words import InWords


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say what would go and why the rest stays",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(
            file=self.stdout,  # type: ignore[arg-type]
            width=None if self.stdout.isatty() else 120,
        )
        try:
            with console.status("Looking at what is due …") as status:
                run = purge.run(
                    by=Actor.system("manage.py purge"),
                    at=timezone.now(),
                    dry=options["dry_run"],
                    clock=timezone.now,
                    tell=lambda place, line: status.update(_how_far(place, line)),
                )
        except purge.PurgeRunning as error:
            raise CommandError(str(error)) from error
        _show(run, console)


def _how_far(place: int, line: dict[str, Any]) -> str:
    return f"{place} of {len(registry.classes)}: {line['class']}, {line.get('deleted', 0)} deleted"


def _show(run: PurgeRun, console: Console) -> None:
    table = Table(
        "Data",
        "Kept for",
        "Would go" if run.is_dry else "Deleted",
        "Kept by a hold",
        "Stays for another reason",
    )
    for row in map(purge_words.put, run.plan):
        table.add_row(*_cells(row, is_dry=run.is_dry))
    console.print(table)
    if any(len(line["kept_by"]) > 1 for line in run.plan):
        console.print("Holds can cover the same rows; a row that stays is counted once.")
    if run.is_dry:
        console.print("Nothing was deleted. Run it without --dry-run to do just this.")
    else:
        console.print(f"Certificate {run.certificate.reference}, signed, in the admin.")


def _cells(row: InWords, *, is_dry: bool) -> list[str]:
    by_model = "".join(f"\n{gone.rows} {gone.what}" for gone in row.went)
    return [
        row.name,
        row.kept_for,
        str(row.due) if is_dry else f"{row.deleted}{by_model if len(row.went) > 1 else ''}",
        f"{row.kept} ({row.kept_by})" if row.kept_by else "",
        row.waiting,
    ]
