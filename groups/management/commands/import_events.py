"""Read governance events from a file: CloudEvents (lines or a JSON array) or plain rows."""

import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from rich.console import Console

from groups.actions import imports, platforms
from groups.batches import Status, Verdict
from groups.events import GovernanceEvent, Refusal
from groups.management.progress import Progress
from groups.models import Group, ImportRun, Tenure
from groups.sources.files import EventFile, Line
from groups.sources.rejects import Rejects
from identity.models import Account
from portal.core import errors
from portal.core.actors import Actor
from portal.core.models import Platform

BATCH = 2000
BY = Actor.system("import_events")
Event = GovernanceEvent | Refusal


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--platform", required=True, metavar="SLUG")
        parser.add_argument(
            "--create-platform",
            metavar="NAME",
            help="Take the platform on under this name if it is not known yet.",
        )
        parser.add_argument(
            "--records-membership",
            action="store_true",
            help="With --create-platform: also record joins and leaves of ordinary members.",
        )
        parser.add_argument(
            "--history",
            action="store_true",
            help="Take group and role events of any age; log only what lies inside the window.",
        )
        parser.add_argument(
            "--rebase",
            action="store_true",
            help="Shift all times so that the last event is now. To try Accord on old data.",
        )
        parser.add_argument(
            "--rejects", type=Path, help="Where to name the lines that are refused."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            is_done = self._import(**options)
        except errors.AccordError as error:
            raise CommandError(str(error)) from error
        if not is_done:
            raise CommandError("Stopped. Run the same command again to continue.", returncode=130)

    def _import(self, *, file: Path, **options: Any) -> bool:
        started = time.monotonic()
        platform = self._platform(options)
        source = EventFile(file, source=platform.slug)
        self.stdout.write(f"Reading {file}")
        contents = source.look(at=timezone.now(), for_last_event=options["rebase"])
        run = self._begin(platform, file, contents.sha256, contents.last_at, options)
        if run.finished_at:
            self.stdout.write(
                f"{file.name} was imported on {run.started_at:%Y-%m-%d %H:%M} UTC: "
                f"{run.lines_done:,} lines. Nothing was added."
            )
            return True
        if run.lines_done:
            self.stdout.write(f"Continuing after line {run.lines_done:,}")
        before = _count(platform)
        rejects = Rejects(
            options["rejects"] or Path(f"{file.name.removesuffix('.gz')}.rejects.jsonl"),
            run=str(run.pk),
            lines_done=run.lines_done,
        )
        if rejects.path != rejects.wanted:
            self.stdout.write(
                f"{rejects.wanted} is not of this import and stays as it is; "
                f"lines that are refused are named in {rejects.path}"
            )
        with Progress(
            self._console(), file.name, total=contents.lines, done=run.lines_done
        ) as progress:
            is_done = self._take_all(run, source, rejects, progress)
        if is_done:
            imports.finish(run=run, by=BY, at=timezone.now())
        self._summarise(run, rejects, before, progress.lines, time.monotonic() - started)
        return is_done

    def _console(self) -> Console:
        return Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]

    def _platform(self, options: dict[str, Any]) -> Platform:
        slug, name = options["platform"], options["create_platform"]
        platform = Platform.objects.filter(slug=slug).order_by("pk").first()
        if platform is None and name is None:
            known = ", ".join(Platform.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"There is no platform {slug!r}. "
                + (f"Known are: {known}. " if known else "None is known yet. ")
                + '--create-platform "NAME" takes a new one on.'
            )
        return platform or platforms.take_on(
            slug=slug,
            name=name,
            language="en",
            records_membership=options["records_membership"],
            by=BY,
            at=timezone.now(),
        )

    def _begin(
        self, platform: Platform, file: Path, sha256: str, last_at: Any, options: dict[str, Any]
    ) -> ImportRun:
        at = timezone.now()
        shift = (at - last_at if last_at else timedelta(0)) if options["rebase"] else None
        run = imports.begin(
            platform=platform,
            file_name=file.name,
            file_sha256=sha256,
            with_history=options["history"],
            rebased_by=shift,
            by=BY,
            at=at,
        )
        if run.rebased_by is not None:
            self.stdout.write(
                f"Every time is shifted by {run.rebased_by.days:,} days "
                f"and {timedelta(seconds=run.rebased_by.seconds)}, so that the last event is now"
            )
        return run

    def _take_all(
        self, run: ImportRun, source: EventFile, rejects: Rejects, progress: Progress
    ) -> bool:
        """Import batch by batch. Return False when a person asked to stop."""
        lines = source.events(after=run.lines_done)
        with _Interrupt() as interrupt:
            while batch := list(islice(lines, BATCH)):
                self._take(run, batch, rejects)
                progress.advance(len(batch))
                if interrupt.is_wanted:
                    return False
        return True

    def _take(self, run: ImportRun, batch: list[tuple[Line, Event]], rejects: Rejects) -> None:
        # The rejects come before the commit: a crash between loses no line, and going on
        # drops what the lost batch had written.
        with transaction.atomic():
            outcome = imports.take(
                run=run,
                events=[_shifted(event, run.rebased_by) for _, event in batch],
                lines_before=run.lines_done,
                lines_done=batch[-1][0].number,
                by=BY,
                at=timezone.now(),
            )
            rejects.add(list(_refused((line for line, _ in batch), outcome.verdicts)))

    def _summarise(
        self,
        run: ImportRun,
        rejects: Rejects,
        before: dict[str, int],
        lines: int,
        seconds: float,
    ) -> None:
        platform = run.platform
        logged = run.accepted - run.not_logged
        new = {name: count - before[name] for name, count in _count(platform).items()}
        table = [
            ("Lines", f"{run.lines_done:,}, {lines:,} of them now"),
            ("Took", f"{seconds:.1f} s, {lines / max(seconds, 0.001):,.0f} lines a second"),
            ("Accepted", f"{run.accepted:,}, of which {logged:,} are young enough to log"),
            ("Known before", f"{run.duplicate:,}"),
            ("Refused", f"{run.refused:,}" + (f", named in {rejects.path}" if run.refused else "")),
            *((f"  {code}", f"{count:,}") for code, count in rejects.by_code.most_common()),
            *((name, f"{count:,} new") for name, count in new.items()),
        ]
        width = max(len(name) for name, _ in table)
        for name, text in table:
            self.stdout.write(f"{name:<{width}}  {text}")


class _Interrupt:
    """The first Ctrl-C lets the batch finish, the second stops at once."""

    def __init__(self) -> None:
        self.is_wanted = False
        self._before: Any = None

    def __enter__(self) -> "_Interrupt":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *raised: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.is_wanted = True
        signal.signal(signal.SIGINT, self._before)


def _shifted(event: Event, shift: timedelta | None) -> Event:
    if shift is None or isinstance(event, Refusal):
        return event
    until = event.until + shift if event.until else None
    return msgspec.structs.replace(event, time=event.time + shift, until=until)


def _refused(lines: Iterable[Line], verdicts: Iterable[Verdict]) -> Iterator[tuple[Line, str, str]]:
    for line, verdict in zip(lines, verdicts, strict=True):
        if verdict.status == Status.REFUSED:
            yield line, verdict.code or "", verdict.detail or ""


def _count(platform: Platform) -> dict[str, int]:
    return {
        "Groups": Group.objects.filter(platform=platform).count(),
        "Accounts": Account.objects.filter(platform=platform).count(),
        "Tenures": Tenure.objects.filter(platform=platform).count(),
    }
