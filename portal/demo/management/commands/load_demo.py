"""Fill an empty database with made-up people, groups and cases in every state. Demo mode only."""

import json
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from credit.actions import standings
from groups.actions import partitions, sweeps
from groups.models import Rule
from identity.models import Account
from portal.core.models import Platform
from portal.demo import home
from portal.demo.story import cases, groups, owners, people, records
from portal.demo.story.people import BY, Cast


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MODE == "production":
            raise CommandError("Demo data are for demo mode only. Set ACCORD_MODE=demo.")
        if Platform.objects.exists():
            raise CommandError("The database is not empty. `make demo-clean` starts over.")
        started = time.monotonic()
        self.at = timezone.now().replace(second=0, microsecond=0)
        steps = self._steps()
        with self._progress() as progress:
            bar = progress.add_task("", total=len(steps))
            for name, step in steps:
                progress.update(bar, description=name)
                step()
                progress.advance(bar)
                if not progress.console.is_terminal:
                    self.stdout.write(f"  {name}")
        self._write_logins()
        # The planner has seen none of these tables yet.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(f"  Demo data loaded{time.monotonic() - started:>34.1f} s")

    def _steps(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("partitions of the log", self._create_partitions),
            ("platforms, staff and partners", self._load_people),
            ("groups and their past", self._load_groups),
            *((name, lambda scene=scene: scene(self.stage)) for name, scene in cases.SCENES),
            ("verifications", lambda: records.verify(self.stage)),
            ("an offer and a claim", lambda: records.hand_over(self.stage)),
            ("duties, delegation, a group frozen for want", lambda: owners.load(self.stage)),
            ("holds", lambda: records.place_holds(self.stage)),
            ("requests of authorities", lambda: records.count_authority_requests(self.stage)),
            ("deadlines that have passed", self._sweep),
            ("a published report", lambda: records.publish_report(self.stage)),
        ]

    def _create_partitions(self) -> None:
        today = self.at.date()
        partitions.ensure(first=today, last=today + partitions.AHEAD, by=BY, at=self.at)

    def _load_people(self) -> None:
        self.cast: Cast = people.load(at=self.at)
        people.add_webhooks(self.cast.relay, url=settings.PUBLIC_URL, at=self.at)

    def _load_groups(self) -> None:
        loaded = groups.load(self.cast.relay, at=self.at)
        people.name_everybody(self.cast.relay)
        accounts = Account.objects.filter(platform=self.cast.relay).select_related("user")
        self.stage = cases.Stage(
            cast=self.cast,
            groups=loaded,
            rules={rule.code: rule for rule in Rule.objects.filter(platform=self.cast.relay)},
            accounts={account.external_id: account for account in accounts},
            at=self.at,
        )

    def _sweep(self) -> None:
        sweeps.escalate_cases(by=BY, at=self.at, limit=500)
        sweeps.close_cases(by=BY, at=self.at, limit=500)
        while standings.refresh_due(by=BY, at=self.at, limit=500):
            pass

    def _progress(self) -> Progress:
        console = Console(stderr=False)
        columns = (TextColumn("  {task.description:<44}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, console=console, disable=not console.is_terminal)

    def _write_logins(self) -> None:
        logins = [
            {
                "role": role,
                "email": email,
                "password": people.PASSWORD,
                "totp_secret": people.totp_secret(email),
                "path": "/admin/",
            }
            for email, _, role, _ in people.STAFF
        ] + [
            {"role": role, "email": email, "password": people.PASSWORD, "path": "/"}
            for email, role in (
                ("ada@members.example", "In good standing"),
                ("ben@members.example", "Limited"),
                ("carla@members.example", "Suspended, appeals"),
            )
        ]
        home.HOME.mkdir(exist_ok=True)
        home.DEMO.write_text(
            json.dumps(
                {
                    "logins": logins,
                    "partner": {
                        "client_id": self.cast.client.client_id,
                        "client_secret": people.SECRET,
                    },
                    "webhook_secret": people.WEBHOOK_SECRET,
                    "try": TRY,
                },
                indent=2,
            )
        )
        home.DEMO.chmod(0o600)


TRY = [
    "1. One report from flag to appeal. As ada, answer the report about Harbour",
    "   Photography. As sam, decide it with a warning. As carla, read a decision",
    "   about you; as noor, review her appeal. All nine steps without a browser:",
    "   .venv/bin/python manage.py tour",
    "2. Live traffic. As sam, open the overview. Then send events and reports as",
    "   docs/partners.md shows, and watch the queue and the webhooks received.",
]
