"""Groups without an owner, and who asked for them, as a claimant sees it."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from groups.models import Claim, Group, Tenure
from groups.queries import visibility
from identity.models import Account, User


def list_known_claimable(*, user: User, at: datetime) -> QuerySet[Group]:
    """Return what can be claimed of the groups in which `user` ever held a role."""
    held = Tenure.objects.filter(group=OuterRef("pk"), account__user=user)
    waiting = Claim.objects.filter(
        group=OuterRef("pk"), account__user=user, state=Claim.State.OFFERED
    )
    found = visibility.list_claimable(at=at).filter(Exists(held), ~Exists(waiting))
    return found.select_related("platform").order_by("claim_due_at", "pk")


def list_claims_of(*, user: User) -> QuerySet[Claim]:
    """Return the claims of `user`, the latest first."""
    made = Claim.objects.filter(account__user=user)
    return made.select_related("group__platform", "account").order_by("-claimed_at", "-pk")


def get_open_claim(*, group: Group, account: Account) -> Claim | None:
    found = Claim.objects.filter(group=group, account=account, state=Claim.State.OFFERED)
    return found.order_by("pk").first()
