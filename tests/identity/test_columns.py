"""Bar 26: the tables of identity hold these columns and no others. A new one is classified first.

Before you add a line: promise 5 keeps attestations, not documents. No number of a document, no
legal name, no photo, no birth date has a place here, and no free text that invites them.
"""

import pytest
from django.apps import apps
from django.db import connection

# Names a row or points to one.
KEY = "key"
# When something happened or will.
MOMENT = "moment"
# One of a few values, a number, a switch.
VALUE = "value"
# A service's own id of an account or of a check: opaque, and told to nobody else.
OPAQUE = "opaque"
# Says who somebody is: leaves when they are erased.
PERSONAL = "personal"
# Written by people, each field saying what does not belong there: leaves with an erasure.
WORDS = "words"
# A digest, or ciphertext.
SEALED = "sealed"
# How a service, a program or a role is called.
NAME = "name"

COLUMNS = {
    "Account": {
        "id": KEY,
        "platform_id": KEY,
        "external_id": OPAQUE,
        "display_name": PERSONAL,
        "user_id": PERSONAL,
        "created_at": MOMENT,
        "erased_at": MOMENT,
    },
    "ApiClient": {
        "id": KEY,
        "platform_id": KEY,
        "user_id": KEY,
        "client_id": NAME,
        "name": NAME,
        "redirect_uris": NAME,
        "post_logout_redirect_uris": NAME,
        "allowed_origins": NAME,
        "client_type": VALUE,
        "authorization_grant_type": VALUE,
        "hash_client_secret": VALUE,
        "skip_authorization": VALUE,
        "algorithm": VALUE,
        "registration_source": VALUE,
        "client_secret": SEALED,
        "created": MOMENT,
        "updated": MOMENT,
        "cimd_expires_at": MOMENT,
        "disabled_at": MOMENT,
    },
    "HoldReminder": {
        "id": KEY,
        "hold_id": KEY,
        "user_id": KEY,
        "review_at": MOMENT,
        "created_at": MOMENT,
        "mail_due_at": MOMENT,
        "mail_attempts": VALUE,
        "mailed_at": MOMENT,
    },
    "IdentityAccess": {
        "id": KEY,
        "account_id": KEY,
        "user_id": KEY,
        "purpose": WORDS,
        "at": MOMENT,
        "until": MOMENT,
    },
    "PersonTag": {"id": KEY, "account_id": KEY, "digest": SEALED, "created_at": MOMENT},
    "PlatformGroupObjectPermission": {
        "id": KEY,
        "permission_id": KEY,
        "group_id": KEY,
        "content_object_id": KEY,
    },
    "PlatformUserObjectPermission": {
        "id": KEY,
        "permission_id": KEY,
        "user_id": KEY,
        "content_object_id": KEY,
    },
    "StaffAssignment": {
        "id": KEY,
        "user_id": KEY,
        "platform_id": KEY,
        "role": VALUE,
        "assigned_by_id": KEY,
        "assigned_at": MOMENT,
        "ended_by_id": KEY,
        "ended_at": MOMENT,
    },
    "TagKey": {"platform_id": KEY, "key": SEALED, "created_at": MOMENT},
    "User": {
        "id": KEY,
        "email": PERSONAL,
        "name": PERSONAL,
        "password": SEALED,
        "language": VALUE,
        "timezone": VALUE,
        "single_keys": VALUE,
        "is_superuser": VALUE,
        "is_staff": VALUE,
        "is_active": VALUE,
        "last_login": MOMENT,
        "joined_at": MOMENT,
    },
    "Verification": {
        "id": KEY,
        "account_id": KEY,
        "provider_id": KEY,
        "request_id": KEY,
        "level": VALUE,
        "method": WORDS,
        "reference": OPAQUE,
        "recorded_by_id": KEY,
        "verified_at": MOMENT,
        "expires_at": MOMENT,
        "revoked_at": MOMENT,
        "revoked_by_id": KEY,
        "revoked_by_client_id": KEY,
        "revoked_reason": WORDS,
        "expiry_noted_at": MOMENT,
        "reminded_days": VALUE,
        "revocation_told_at": MOMENT,
    },
    "User_groups": {"id": KEY, "user_id": KEY, "group_id": KEY},
    "User_user_permissions": {"id": KEY, "user_id": KEY, "permission_id": KEY},
    "VerificationProvider": {
        "id": KEY,
        "platform_id": KEY,
        "name": NAME,
        "kind": VALUE,
        "level": VALUE,
        "validity_days": VALUE,
        "issuer": NAME,
        "client_id": NAME,
        "client_secret": SEALED,
        "is_enabled": VALUE,
    },
    "VerificationRequest": {
        "id": KEY,
        "account_id": KEY,
        "provider_id": KEY,
        "state": VALUE,
        "requested_at": MOMENT,
        "due_at": MOMENT,
        "taken_by_id": KEY,
        "decided_by_id": KEY,
        "decided_at": MOMENT,
        "reason": WORDS,
        "appeals_id": KEY,
        "grounds": WORDS,
        "mail_due_at": MOMENT,
        "mail_attempts": VALUE,
        "mailed_at": MOMENT,
        "told_at": MOMENT,
    },
}
# What the database may store for each kind; bytes only where nothing can be read from them.
TYPES = {
    KEY: {"bigint", "integer", "uuid", "character varying"},
    MOMENT: {"timestamp with time zone"},
    VALUE: {"boolean", "smallint", "integer", "character varying"},
    OPAQUE: {"character varying"},
    PERSONAL: {"character varying", "uuid"},
    WORDS: {"character varying"},
    SEALED: {"bytea", "character varying"},
    NAME: {"character varying", "text"},
}


def stored():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name LIKE 'identity\\_%'"
        )
        return cursor.fetchall()


@pytest.mark.django_db
def test_the_tables_of_identity_hold_the_listed_columns_only():
    models = {
        model._meta.db_table: model.__name__
        for model in apps.get_app_config("identity").get_models(include_auto_created=True)
    }
    found = {}
    for table, column, kind in stored():
        found.setdefault(models.get(table, table), {})[column] = kind

    assert {name: set(columns) for name, columns in found.items()} == {
        name: set(columns) for name, columns in COLUMNS.items()
    }
    wrong = [
        f"{name}.{column} is {kind}"
        for name, columns in found.items()
        for column, kind in columns.items()
        if kind not in TYPES[COLUMNS[name][column]]
    ]
    assert wrong == []
