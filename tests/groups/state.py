"""All that a platform's events lead to, without the ids that chance gives."""

from groups.models import EarlyDeparture, Group, LogEntry, RoleEvent, Tenure
from identity.models import Account

GROUP = (
    "external_id",
    "name",
    "named_at",
    "named_sequence",
    "size",
    "sized_at",
    "sized_sequence",
    "state",
    "archived_at",
    "first_seen_at",
    "orphaned_at",
    "claim_due_at",
    "has_imported_history",
)
TENURE = (
    "group__external_id",
    "account__external_id",
    "role",
    "period",
    "began",
    "began_by__external_id",
    "began_event",
    "ended",
    "ended_by__external_id",
    "ended_event",
    "is_history",
    "senior_from",
    "senior_place",
    "stands_in_for",
)
ROLE_EVENT = (
    "group__external_id",
    "account__external_id",
    "event_key",
    "kind",
    "role",
    "occurred_at",
    "sequence",
    "actor__external_id",
    "is_history",
)
LOGGED = (
    "occurred_at",
    "event_key",
    "source",
    "event_id",
    "kind",
    "role",
    "old_role",
    "reason",
    "until",
    "caused_by",
    "sequence",
)


def state(platform):
    def rows(model, fields):
        return sorted(model.objects.filter(platform_id=platform.pk).values_list(*fields), key=str)

    names = dict(Group.objects.values_list("pk", "external_id"))
    names |= dict(Account.objects.values_list("pk", "external_id"))
    logged = LogEntry.objects.filter(platform_id=platform.pk).values(
        *LOGGED, "group_id", "actor_id", "subject_id", "attributes"
    )
    return {
        "groups": rows(Group, GROUP),
        "tenures": rows(Tenure, TENURE),
        "role events": rows(RoleEvent, ROLE_EVENT),
        "accounts": rows(Account, ["external_id"]),
        "waiting": rows(EarlyDeparture, ["event_key"]),
        "log": sorted(
            (
                [
                    *(row[name] for name in (*LOGGED, "attributes")),
                    *(names.get(row[name]) for name in ("group_id", "actor_id", "subject_id")),
                ]
                for row in logged
            ),
            key=str,
        ),
    }
