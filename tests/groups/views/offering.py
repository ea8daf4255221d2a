"""Offering a group and accepting it, for the tests of the pages."""

from django.urls import reverse

from groups.actions import transfers
from groups.models import Tenure
from portal.core.actors import Actor
from tests.factories.base import AT


def start_url(scene):
    return reverse("groups:hand_over", args=[scene.group.pk])


def url(transfer, step=""):
    name = f"offer_{step}" if step else "offer"
    return reverse(f"groups:{name}", args=[transfer.pk])


def offer(scene, *, to=None, at=AT):
    return transfers.offer(
        group=scene.group,
        from_account=scene.owner,
        to_account=to or scene.member,
        by=Actor.user(scene.owner.user),
        at=at,
    )


def accept(transfer, *, at=AT):
    transfers.accept(transfer=transfer, by=Actor.user(transfer.to_account.user), at=at)


def owner_of(scene):
    return Tenure.objects.current().get(group=scene.group, role="OWNER").account
