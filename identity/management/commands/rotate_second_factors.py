"""Re-encrypt the secrets of second factors with the first key of FIELD_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from identity.actions import second_factors
from portal.core import keyring
from portal.core.actors import Actor


class Command(BaseCommand):
    help = (
        "Re-encrypts the secrets of second factors that older keys of FIELD_KEYS encrypted. Run "
        "it beside rotate_field_keys; without it people cannot use their second factor once the "
        "old key is removed."
    )

    def handle(self, **options: Any) -> None:
        by = Actor.system("rotate_second_factors")
        changed = second_factors.rotate(by=by, at=timezone.now())
        key = keyring.current().primary
        self.stdout.write(f"{changed} second factors re-encrypted. All of them now use key {key}.")
