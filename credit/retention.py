"""What credit keeps, and for how long."""

from datetime import datetime

from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import Coalesce

from credit.models import Sanction
from portal.core.data_classes import TWO_YEARS, OnErasure, Reach, Window, registry
from portal.core.purge_rows import keep_rows

BY_ACCOUNT = Reach(platform=("platform_id",), account=("account_id",))

keep_rows(
    name="ledger entries",
    model="credit.LedgerEntry",
    starts="they stopped counting",
    window=TWO_YEARS,
    # A reversal and a restoration are of the same account as what they reverse or give back, and
    # expire with it: they leave together.
    due=lambda cutoff: Q(expires_at__lt=cutoff),
    reach=BY_ACCOUNT,
    pairs_by=("reverses", "restores", "reverses__restores"),
    on_erasure=OnErasure(
        because="they say why you may do what you may do, and can be contested",
        called="Entries of your standing",
    ),
    window_from=F("expires_at"),
)
# What was approved leaves with its entry.
registry.leaves_with("credit.LedgerEntry", "credit.Adjustment", "entry__in")
keep_rows(
    name="adjustments",
    model="credit.Adjustment",
    starts="they end or, if nobody ends them, are proposed; approved ones leave with their entry",
    window=TWO_YEARS,
    due=lambda cutoff: (
        Q(entry=None) & (Q(decided_at__lt=cutoff) | Q(decided_at=None, proposed_at__lt=cutoff))
    ),
    reach=BY_ACCOUNT,
    on_erasure=OnErasure(
        because="they say who proposed to give you points back, and what became of it",
        called="Points that somebody proposed to give back",
    ),
    window_from=Case(
        When(entry=None, then=Coalesce("decided_at", "proposed_at")), default=F("entry__expires_at")
    ),
)
keep_rows(
    name="sanctions",
    model="credit.Sanction",
    starts="they ended or were lifted",
    window=TWO_YEARS,
    due=lambda cutoff: Q(ends_at__lt=cutoff) | Q(lifted_at__lt=cutoff),
    reach=BY_ACCOUNT,
    on_erasure=OnErasure(
        because="a restriction ends on its day or when it is lifted, not before",
        called="Restrictions",
    ),
    window_from=Coalesce("lifted_at", "ends_at"),
)

# Counts of a platform, with a few accounts as examples.
keep_rows(
    name="simulations",
    model="credit.Simulation",
    starts="they are asked for",
    window=TWO_YEARS,
    due=lambda cutoff: Q(requested_at__lt=cutoff),
    reach=Reach(platform=("platform_id",)),
    on_erasure=OnErasure(),
)


def _barred(at: datetime) -> Exists:
    return Exists(Sanction.objects.in_force_at(at).filter(account=OuterRef("account")))


keep_rows(
    name="person tags",
    model="identity.PersonTag",
    starts="the account is erased, once no restriction is in force",
    window=Window(0, floor=0, ceiling=0),
    due=lambda cutoff: Q(account__erased_at__lte=cutoff) & ~_barred(cutoff),
    reach=Reach(platform=("account__platform_id",), account=("account_id",)),
    past=lambda cutoff: Q(account__erased_at__lte=cutoff),
    waits_for="a restriction is in force",
    on_erasure=OnErasure(
        goes=lambda at: ~_barred(at),
        because="a restriction is in force, and it must not end by a new account",
        called="Mark by which you would be known again",
    ),
)
registry.exempts(
    credit__Policy="terms of a service; names staff by id only",
)
registry.leaves_with("identity.Account", "credit.Standing", "account__in")
