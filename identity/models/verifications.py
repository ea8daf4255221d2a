from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from identity.models.accounts import Account
from identity.models.clients import ApiClient
from identity.models.users import User
from portal.core.fields import EncryptedTextField
from portal.core.ids import uuid7
from portal.core.models import Platform
from portal.core.triggers import all_or_none, frozen, legal_transitions


class Level(models.TextChoices):
    """Assurance: NIST SP 800-63A IAL1 to IAL3, eIDAS low, substantial, high."""

    BASIC = "BASIC"
    SUBSTANTIAL = "SUBSTANTIAL"
    HIGH = "HIGH"


class VerificationProvider(models.Model):
    """Somebody a platform accepts attestations from, and for how long they hold."""

    class Kind(models.TextChoices):
        MANUAL = "MANUAL"
        OIDC = "OIDC", "OpenID Connect"
        PARTNER = "PARTNER"
        EMAIL = "EMAIL"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="providers")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    level = models.CharField(max_length=12, choices=Level.choices)
    validity_days = models.PositiveIntegerField(default=730)
    is_enabled = models.BooleanField(default=True)
    # Of an OpenID Connect provider: where it is, and who Accord is there.
    issuer = models.CharField(max_length=500, blank=True)
    client_id = models.CharField(max_length=255, blank=True)
    client_secret: EncryptedTextField[str | None, str | None] = EncryptedTextField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="an_openid_provider_and_no_other_has_an_issuer",
                condition=(
                    Q(kind="OIDC", client_secret__isnull=False) & ~Q(issuer="") & ~Q(client_id="")
                )
                | (~Q(kind="OIDC") & Q(issuer="", client_id="", client_secret__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["platform", "name"],
                name="a_provider_is_named_once_on_a_platform",
            ),
            models.CheckConstraint(
                name="an_email_link_attests_basic_only",
                condition=~Q(kind="EMAIL") | Q(level="BASIC"),
            ),
            models.CheckConstraint(
                name="a_provider_attests_for_a_day_or_longer",
                condition=Q(validity_days__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def terms(self) -> dict[str, str | int | bool]:
        """What its administrators can change, as it is."""
        names = ("name", "level", "validity_days", "is_enabled")
        return {name: getattr(self, name) for name in names}


def _refuse(name: str, operation: pgtrigger.Operation, found: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=operation,
        func=f"""
            IF {found} THEN
                RAISE EXCEPTION '{name}'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,
    )


_FOUR_EYES = (
    _refuse(
        "nobody_reviews_their_own_verification",
        pgtrigger.Insert | pgtrigger.Update,
        """NEW.state IN ('IN_REVIEW', 'APPROVED', 'DECLINED') AND EXISTS (
                SELECT FROM identity_account a
                WHERE a.id = NEW.account_id AND a.user_id IN (NEW.taken_by_id, NEW.decided_by_id))
        """,
    ),
    _refuse(
        "a_refusal_is_reviewed_by_somebody_else",
        pgtrigger.Insert | pgtrigger.Update,
        """NEW.appeals_id IS NOT NULL AND EXISTS (
                SELECT FROM identity_verificationrequest r
                WHERE r.id = NEW.appeals_id
                  AND r.decided_by_id IN (NEW.taken_by_id, NEW.decided_by_id))
        """,
    ),
    _refuse(
        "only_ones_own_refusal_is_appealed",
        pgtrigger.Insert,
        """NEW.appeals_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM identity_verificationrequest r
                WHERE r.id = NEW.appeals_id AND r.state = 'DECLINED' AND r.appeals_id IS NULL
                  AND r.account_id = NEW.account_id AND r.provider_id = NEW.provider_id
                  AND NEW.requested_at <= r.decided_at + INTERVAL '30 days')
        """,
    ),
)


class VerificationRequest(models.Model):
    """A person asks to be verified; how far that got."""

    class State(models.TextChoices):
        PENDING = "PENDING"
        IN_REVIEW = "IN_REVIEW"
        APPROVED = "APPROVED"
        DECLINED = "DECLINED"
        EXPIRED = "EXPIRED"
        WITHDRAWN = "WITHDRAWN"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="requests")
    provider = models.ForeignKey(VerificationProvider, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    taken_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    # The refusal that another officer is asked to look at; each is appealed once.
    appeals = models.OneToOneField(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="appeal"
    )
    grounds = models.CharField(max_length=2000, blank=True)
    # The link of an e-mail provider leaves after commit. Null: nothing to send.
    mail_due_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)
    # The person was told what became of it.
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "provider"],
                condition=Q(state__in=["PENDING", "IN_REVIEW"]),
                name="one_open_request_per_account_and_provider",
            ),
            models.CheckConstraint(
                name="a_refusal_states_its_reason",
                condition=~Q(state="DECLINED") | ~Q(reason=""),
            ),
        ]
        indexes: ClassVar = [
            # The mailer's claim.
            models.Index(
                fields=["mail_due_at"],
                name="verification_link_due",
                condition=Q(mail_due_at__isnull=False),
            ),
            # Who is told next what became of a request.
            models.Index(
                fields=["due_at"],
                name="verification_outcome_untold",
                condition=Q(told_at=None, state__in=["APPROVED", "DECLINED", "EXPIRED"]),
            ),
        ]
        triggers: ClassVar = [
            legal_transitions(
                "verification_request_moves_forward_only",
                "state",
                [
                    ("PENDING", "IN_REVIEW"),
                    ("PENDING", "APPROVED"),
                    ("PENDING", "EXPIRED"),
                    ("PENDING", "WITHDRAWN"),
                    ("IN_REVIEW", "APPROVED"),
                    ("IN_REVIEW", "DECLINED"),
                    ("IN_REVIEW", "EXPIRED"),
                    ("IN_REVIEW", "WITHDRAWN"),
                ],
            ),
            frozen("what_a_request_appeals_never_changes", ["appeals_id", "grounds"]),
            *_FOUR_EYES,
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.provider} · {self.state}"


# What rests on an attestation goes on for a while after its end, so that it can be renewed.
GRACE = timedelta(days=14)


class VerificationQuerySet(models.QuerySet["Verification"]):
    def valid_at(self, at: datetime) -> "VerificationQuerySet":
        """Keep the attestations that hold at `at`."""
        return self.filter(verified_at__lte=at, expires_at__gt=at).filter(
            Q(revoked_at=None) | Q(revoked_at__gt=at)
        )

    def counts_at(self, at: datetime) -> "VerificationQuerySet":
        """Keep the attestations on which privileges rest at `at`: valid, or in their grace."""
        return self.valid_at(at) | self.filter(
            expires_at__lte=at, expires_at__gt=at - GRACE, revoked_at=None
        )


class Verification(models.Model):
    """What was attested: level, method, provider, reference, dates. Never a document."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="verifications")
    provider = models.ForeignKey(VerificationProvider, on_delete=models.PROTECT, related_name="+")
    request = models.OneToOneField(
        VerificationRequest,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    level = models.CharField(max_length=12, choices=Level.choices)
    method = models.CharField(max_length=80)
    # The provider's own opaque reference for this check.
    reference = models.CharField(max_length=120, blank=True)
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    verified_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # A partner revokes what it attested itself.
    revoked_by_client = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_reason = models.CharField(max_length=500, null=True, blank=True)
    expiry_noted_at = models.DateTimeField(null=True)
    # How many days before its end the person was last reminded of it.
    reminded_days = models.PositiveSmallIntegerField(null=True)
    # The person was told that it was revoked, and why.
    revocation_told_at = models.DateTimeField(null=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_verification_expires_after_it_began",
                condition=Q(expires_at__gt=F("verified_at")),
            ),
            models.CheckConstraint(
                name="a_revocation_says_who_and_why",
                condition=(
                    all_or_none("revoked_at", "revoked_by", "revoked_reason")
                    & Q(revoked_by_client=None)
                )
                | (
                    all_or_none("revoked_at", "revoked_by_client", "revoked_reason")
                    & Q(revoked_by=None)
                ),
            ),
        ]
        indexes: ClassVar = [
            # What ends next: reminders before, and the note to the platform after.
            models.Index(
                fields=["expires_at"],
                name="verification_to_expire",
                condition=Q(revoked_at=None, expiry_noted_at=None),
            ),
            # Who is told next of a revocation.
            models.Index(
                fields=["revoked_at"],
                name="verification_revoked_untold",
                condition=Q(revoked_at__isnull=False, revocation_told_at=None),
            ),
        ]
        triggers: ClassVar = [
            frozen(
                "an_attestation_is_never_rewritten",
                [
                    "account_id",
                    "provider_id",
                    "level",
                    "method",
                    "reference",
                    "recorded_by_id",
                    "verified_at",
                    "expires_at",
                ],
            ),
            frozen(
                "a_revoked_attestation_stays_revoked",
                ["revoked_at", "revoked_by_id", "revoked_by_client_id", "revoked_reason"],
                when="OLD.revoked_at IS NOT NULL",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.level}"


class IdentityAccess(models.Model):
    """A staff member looked at a person's identity details: when, for which stated purpose."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="identity_looks")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=500)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identity accesses"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="a_look_at_identity_states_its_purpose", condition=~Q(purpose="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} saw {self.account_id}"
