"""Walk through the main job in nine steps and print what each one changed."""

import logging
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.core.errors import AccordError
from portal.core.models import Platform
from portal.demo.tour import sample, stage, steps


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, help="governance events; default: a made-up file")
        parser.add_argument("--platform", default="tour", metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        # Requests of the tour itself are not news.
        logging.getLogger("django_structlog").setLevel(logging.WARNING)
        if settings.MODE == "production":
            raise CommandError("The tour takes made-up decisions. It runs in demo mode only.")
        try:
            with TemporaryDirectory() as folder:
                self._walk(options["file"], options["platform"], Path(folder))
        except AccordError as error:
            raise CommandError(str(error)) from error

    def _walk(self, file: Path | None, slug: str, folder: Path) -> None:
        self._title(1, "Import the events of a platform, with its history")
        call_command(
            "import_events",
            str(file or sample.write(folder / "tour-sample.jsonl")),
            platform=slug,
            create_platform=slug.replace("-", " ").title(),
            history=True,
            rejects=folder / "rejects.jsonl",
            stdout=self.stdout,
        )
        at = timezone.now()
        platform = Platform.objects.get(slug=slug)
        tour = steps.Tour(stage.prepare(platform=platform, at=at), at, self._line)
        for number, (title, step) in enumerate(
            (
                ("A flag opens a case, a second one joins it", tour.flag),
                ("One owner answers, one does not", tour.answer_and_escalate),
                ("Staff decide: with points, and with a suspension", tour.decide),
                ("What the decisions did", tour.look),
                ("The platform asks", tour.evaluate),
                ("An appeal, and everything is undone", tour.appeal),
                ("The purge, and what a hold keeps", tour.purge),
                ("A transparency report", tour.report),
            ),
            start=2,
        ):
            self._title(number, title)
            step()
        self.stdout.write(f"\nAll of it is in the admin: {settings.PUBLIC_URL}/admin/")

    def _title(self, number: int, title: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"\n{number}. {title}"))

    def _line(self, text: str) -> None:
        self.stdout.write(f"   {text}")
