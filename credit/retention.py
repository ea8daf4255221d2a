"""What credit keeps, and for how long."""

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from portal.core.data_classes import TWO_YEARS, OnErasure, Reach, registry
from portal.core.purge_rows import keep_rows

BY_ACCOUNT = Reach(platform=("platform_id",), account=("account_id",))

keep_rows(
    name="ledger entries",
    model="credit.LedgerEntry",
    starts="they stopped counting",
    window=TWO_YEARS,
    # A reversal is of the same account and expires with what it reverses: the two leave together.
    due=lambda cutoff: Q(expires_at__lt=cutoff),
    reach=BY_ACCOUNT,
    pairs_by="reverses",
    on_erasure=OnErasure(
        because="they say why you may do what you may do, and can be contested",
        called="Entries of your standing",
    ),
    window_from=F("expires_at"),
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
registry.exempts(
    credit__Policy="terms of a service; names staff by id only",
)
registry.leaves_with("identity.Account", "credit.Standing", "account__in")
