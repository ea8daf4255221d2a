from identity.models.accounts import Account, PersonTag, TagKey
from identity.models.clients import ApiClient
from identity.models.reminders import HoldReminder
from identity.models.staff import (
    PlatformGroupObjectPermission,
    PlatformUserObjectPermission,
    StaffAssignment,
)
from identity.models.users import User
from identity.models.verifications import (
    IdentityAccess,
    Verification,
    VerificationProvider,
    VerificationRequest,
)

__all__ = [
    "Account",
    "ApiClient",
    "HoldReminder",
    "IdentityAccess",
    "PersonTag",
    "PlatformGroupObjectPermission",
    "PlatformUserObjectPermission",
    "StaffAssignment",
    "TagKey",
    "User",
    "Verification",
    "VerificationProvider",
    "VerificationRequest",
]
