"""Re-encrypt every encrypted column with the first key of FIELD_KEYS."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from portal.core import keyring
from portal.core.actions import field_keys
from portal.core.actors import Actor


class Command(BaseCommand):
    help = (
        "Re-encrypts what older keys of FIELD_KEYS encrypted. Put the new key first, restart, run "
        "this, and remove the keys that it reports as unused. Stop it at any time and run it "
        "again: it goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=500, help="rows in one transaction")

    def handle(self, *, batch: int, **options: Any) -> None:
        ring = keyring.current()
        columns = [column for _model, column in field_keys.list_columns()]
        try:
            for column in columns:
                self._rotate(column, batch)
        except KeyboardInterrupt:
            self.stderr.write("Stopped. What is done is done; run the command again to go on.")
            sys.exit(130)
        left = sum((Counter(field_keys.count_by_key(c)) for c in columns), Counter[str]())
        for key in ring.keys:
            if key == ring.primary:
                self.stdout.write(f"Key {key} now encrypts all {left[key]} values.")
            elif not left[key]:
                self.stdout.write(f"Key {key} is no longer used. Remove it from FIELD_KEYS.")
            else:
                self.stdout.write(f"Key {key} is still used by {left[key]} values. Run this again.")
        self.stdout.write("Second factors use the same keys: run rotate_second_factors too.")

    def _rotate(self, column: field_keys.Column, batch: int) -> None:
        found = Counter(field_keys.count_by_key(column))
        todo = found.total() - found[keyring.current().primary]
        name, done = f"{column.model._meta.label}.{column.name}", 0
        shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        console = Console(stderr=True)
        with Progress(
            *shown,
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as progress:
            task = progress.add_task(name, total=todo)
            while rows := field_keys.rotate_batch(
                column=column,
                limit=batch,
                by=Actor.system("rotate_field_keys"),
                at=timezone.now(),
            ):
                done += rows
                progress.update(task, completed=done)
        self.stdout.write(f"{name}: {done} values re-encrypted, {found.total()} in all.")
