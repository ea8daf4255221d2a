"""Make the first administrator of a platform, who then assigns everybody else."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from identity.actions import staff
from identity.models import StaffAssignment, User
from portal.core.actors import Actor
from portal.core.models import Platform

BY = Actor.system("first_administrator")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--platform", required=True, metavar="SLUG")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        role = StaffAssignment.Role.ADMINISTRATOR
        platform = Platform.objects.filter(slug=options["platform"]).first()
        if platform is None:
            raise CommandError(
                f"There is no platform {options['platform']!r}. "
                f"`manage.py add_platform {options['platform']} NAME` takes it on."
            )
        if StaffAssignment.objects.filter(platform=platform, role=role, ended_at=None).exists():
            raise CommandError(f"{platform.name} has an administrator, who can assign others.")
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email).first() or self._create(email, options["name"])
        staff.assign(user=user, platform=platform, role=role, by=BY, at=timezone.now())
        self.stdout.write(
            f"{email} administers {platform.name}. Signing in asks them to set up a second factor."
        )

    def _create(self, email: str, name: str) -> User:
        password = getpass("Password: ")
        if password != getpass("Again: "):
            raise CommandError("The two passwords differ.")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return User.objects.create_user(
            email, password, name=name or email.partition("@")[0], joined_at=timezone.now()
        )
