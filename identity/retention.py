"""What identity keeps, and for how long."""

from datetime import datetime

from django.apps import apps
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.fields.reverse_related import ForeignObjectRel

from identity.models import Account, PersonTag, Verification, VerificationRequest
from portal.core.data_classes import GOES, TWO_YEARS, OnErasure, Reach, Window, registry
from portal.core.purge_rows import keep_rows


def _unused_accounts(cutoff: datetime) -> Q | Combinable:
    """Accounts that nothing refers to any more: whatever record named them has left."""
    is_old = Q(created_at__lt=cutoff) | Q(erased_at__isnull=False)
    condition: Q | Combinable = Q(user=None) & is_old
    followers = registry.followers.get(Account._meta.label, ())
    go_along = {PersonTag._meta.label, *(label for label, _ in followers)}
    # Hidden relations too: whoever only acted is named by a relation that has no name back.
    for relation in Account._meta.get_fields(include_hidden=True):
        if (
            isinstance(relation, ForeignObjectRel)
            and relation.related_model._meta.label not in go_along
        ):
            referring = relation.related_model._base_manager.filter(
                **{relation.field.name: OuterRef("pk")}
            )
            condition = condition & ~Exists(referring)
    for label, column in registry.naming.get(Account._meta.label, ()):
        naming = apps.get_model(label)._default_manager.filter(**{column: OuterRef("pk")})
        condition = condition & ~Exists(naming)
    return condition


keep_rows(
    name="verification requests",
    model="identity.VerificationRequest",
    starts="they are decided or lapse, once no attestation and no appeal rests on them",
    window=Window(90, floor=30, ceiling=365),
    due=lambda cutoff: (
        Q(due_at__lt=cutoff)
        & ~Q(state__in=["PENDING", "IN_REVIEW"])
        & ~Exists(Verification.objects.filter(request=OuterRef("pk")))
        & ~Exists(VerificationRequest.objects.filter(appeals=OuterRef("pk")))
    ),
    reach=Reach(platform=("account__platform_id",), account=("account_id",)),
    past=lambda cutoff: Q(due_at__lt=cutoff),
    waits_for="they are undecided, or an attestation or an appeal rests on them",
    on_erasure=GOES,
)
keep_rows(
    name="verifications",
    model="identity.Verification",
    starts="they expire or are revoked",
    window=Window(90, floor=30, ceiling=365),
    due=lambda cutoff: Q(expires_at__lt=cutoff) | Q(revoked_at__lt=cutoff),
    reach=Reach(platform=("account__platform_id",), account=("account_id",)),
    on_erasure=GOES,
)
keep_rows(
    name="looks at identity",
    model="identity.IdentityAccess",
    starts="the look",
    window=TWO_YEARS,
    due=lambda cutoff: Q(at__lt=cutoff),
    reach=Reach(platform=("account__platform_id",), account=("account_id",)),
    on_erasure=GOES,
)
keep_rows(
    name="accounts",
    model="identity.Account",
    starts="they were first seen or, if erased, at once; when no record refers to them",
    window=Window(183, floor=30, ceiling=730),
    due=_unused_accounts,
    reach=Reach(platform=("platform_id",), account=("id",)),
    children=(("identity.PersonTag", "account__in"),),
    past=lambda cutoff: Q(created_at__lt=cutoff) | Q(erased_at__isnull=False),
    waits_for="a person signs in with them, or a record names them",
    on_erasure=OnErasure(because="other records name it by the id that the service gave it"),
)
keep_rows(
    name="reminders of holds",
    model="identity.HoldReminder",
    starts="they are written, once the review they are about was made or the hold was released",
    window=Window(90, floor=30, ceiling=365),
    due=lambda cutoff: (
        Q(created_at__lt=cutoff)
        & (~Q(hold__review_at=F("review_at")) | Q(hold__released_at__isnull=False))
    ),
    reach=Reach(platform=("hold__platform_id",)),
    on_erasure=OnErasure(),
)
keep_rows(
    name="failed sign-ins",
    model="axes.AccessAttempt",
    also=("axes.AccessAttemptExpiration",),
    starts="the attempt",
    window=Window(7, floor=1, ceiling=30),
    due=lambda cutoff: Q(attempt_time__lt=cutoff),
    reach=Reach(),
    children=(("axes.AccessAttemptExpiration", "access_attempt__in"),),
    on_erasure=OnErasure(),
)
keep_rows(
    name="sessions",
    model="usersessions.UserSession",
    starts="the person was last seen in it",
    window=Window(30, floor=1, ceiling=90),
    due=lambda cutoff: Q(last_seen_at__lt=cutoff),
    reach=Reach(),
    on_erasure=OnErasure(),
)
registry.exempts(
    identity__User="kept while the person can sign in; erased on request",
    account__EmailAddress="the address the person signs in with: leaves with the person",
    account__EmailConfirmation="never written: links are signed, not stored",
    axes__AccessLog="never written: switched off",
    axes__AccessFailureLog="never written: switched off",
    mfa__Authenticator="a second factor, encrypted: leaves with the person",
    identity__StaffAssignment="kept while the person can sign in: who could do what, when",
    identity__PlatformUserObjectPermission="follows the current assignments",
    identity__PlatformGroupObjectPermission="never written: Accord grants to people only",
    identity__ApiClient="a program of a service, not a person",
    identity__TagKey="a key, not a person",
    identity__VerificationProvider="a service, not a person",
)
