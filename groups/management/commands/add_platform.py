"""Take a platform on, with the shipped rules, notices and standing policy."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug
from django.utils import timezone

from groups.actions import platforms
from groups.notice_phrases import PHRASES
from portal.core.actors import Actor
from portal.core.models import Platform

BY = Actor.system("add_platform")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="Short name in commands and addresses, like relay.")
        parser.add_argument("name", help="As people read it.")
        parser.add_argument(
            "--language", choices=sorted(PHRASES), default="en", help="Of notices, unless chosen."
        )
        parser.add_argument(
            "--records-membership",
            action="store_true",
            help="Also record joins and leaves of ordinary members.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        try:
            validate_slug(slug)
        except ValidationError as error:
            raise CommandError(
                f"{slug!r} is no short name: letters, digits, hyphens and underscores only."
            ) from error
        if Platform.objects.filter(slug=slug).exists():
            raise CommandError(f"There is a platform {slug!r} already.")
        platform = platforms.take_on(
            slug=slug,
            name=options["name"],
            language=options["language"],
            records_membership=options["records_membership"],
            by=BY,
            at=timezone.now(),
        )
        self.stdout.write(
            f"{platform} is taken on, with the shipped rules, notices and standing policy.\n"
            f"Next: manage.py first_administrator EMAIL --platform {slug}"
        )
