"""What groups keeps, and for how long."""

from datetime import datetime

from django.conf import settings
from django.db.models import F, Q

from credit.models import Sanction
from groups.log_retention import LogPartitions
from groups.models import Measure
from groups.role_retention import GroupPasts
from portal.core.data_classes import TWO_YEARS, DataClass, OnErasure, Reach, Window, registry
from portal.core.purge_rows import keep_rows

OF_SOMEBODY_IN_A_GROUP = Reach(
    platform=("group__platform_id",), group=("group_id",), account=("account_id",)
)


def is_over(cutoff: datetime) -> Q:
    """Keep the cases that closed before the cutoff, and in which nothing is in force since.

    Whoever is still barred, and the owner of a group that is still frozen or closed, can read why.
    """
    barred = Sanction.objects.filter(
        Q(lifted_at=None) | Q(lifted_at__gte=cutoff), Q(ends_at=None) | Q(ends_at__gte=cutoff)
    )
    limited = Measure.objects.filter(
        kind__in=(Measure.Kind.FREEZE_GROUP, Measure.Kind.CLOSE_GROUP),
        decision__effective_at__isnull=False,
        undone_at=None,
    )
    in_force = Q(decisions__in=barred.values("decision_id")) | Q(
        decisions__in=limited.values("decision_id")
    )
    return Q(closed_at__lt=cutoff) & ~in_force


def _of_no_case(at: datetime) -> Q:
    return Q(case=None, decision=None, appeal=None)


registry.register(
    DataClass(
        name="governance log",
        models=("groups.LogEntry",),
        starts="the event, in whole days",
        window=Window(183, floor=30, ceiling=365),
        engine=LogPartitions(),
        on_erasure=OnErasure(
            because="whole days of it leave together, and it shows how groups were run",
            called="Log of governance events that name you",
        ),
    )
)
registry.is_named_by("identity.Account", "groups.LogEntry", "subject_id", "actor_id")
registry.is_named_by("identity.Account", "groups.HeldLogEntry", "subject_id", "actor_id")
keep_rows(
    name="event receipts",
    model="groups.EventReceipt",
    starts="the batch",
    window=Window(30, floor=7, ceiling=90),
    due=lambda cutoff: Q(received_at__lt=cutoff),
    reach=Reach(platform=("platform_id",)),
    on_erasure=OnErasure(),
)
keep_rows(
    name="held log entries",
    model="groups.HeldLogEntry",
    starts="the hold that kept them is released",
    window=Window(0, floor=0, ceiling=0),
    due=lambda cutoff: Q(hold__released_at__lte=cutoff),
    reach=Reach(
        platform=("platform_id",),
        group=("group_id",),
        account=("actor_id", "subject_id"),
        case_by=(("group_id", "groups.Case", "group_id"),),
    ),
    on_erasure=OnErasure(because="a hold on these records asks for it"),
    window_from=F("hold__released_at"),
)
keep_rows(
    name="evidence",
    model="groups.Evidence",
    starts="the case closes",
    window=Window(settings.APPEAL_WINDOW_DAYS + 31, floor=settings.APPEAL_WINDOW_DAYS, ceiling=365),
    due=lambda cutoff: Q(flag__case__closed_at__lt=cutoff),
    reach=Reach(
        platform=("flag__platform_id",),
        group=("flag__case__group_id",),
        case=("flag__case_id",),
        account=(
            "flag__reporter_id",
            "flag__case__subject_id",
            "flag__case__owner_at_opening_id",
        ),
    ),
    on_erasure=OnErasure(because="the case it belongs to has to be decided, and can be contested"),
    window_from=F("flag__case__closed_at"),
)
keep_rows(
    name="notices",
    model="groups.Notice",
    starts="they are written",
    window=TWO_YEARS,
    due=lambda cutoff: Q(created_at__lt=cutoff),
    reach=Reach(
        platform=("platform_id",),
        group=("group_id",),
        case=("case_id",),
        account=("recipient_id",),
    ),
    on_erasure=OnErasure(
        goes=_of_no_case,
        because="they prove that you were told of a decision, and how to contest it",
    ),
    window_from=F("created_at"),
)
keep_rows(
    name="closed cases",
    model="groups.Case",
    also=("groups.Flag", "groups.CaseEntry", "groups.Decision", "groups.Measure", "groups.Appeal"),
    starts="the case closes, and what was decided in it has ended",
    window=TWO_YEARS,
    due=is_over,
    reach=Reach(
        platform=("platform_id",),
        group=("group_id",),
        case=("id",),
        account=(
            "subject_id",
            "owner_at_opening_id",
            "flags__reporter_id",
            "notices__recipient_id",
            "timeline__by_account_id",
            "decisions__appeals__appellant_id",
        ),
    ),
    children=(
        ("groups.Notice", "case__in"),
        ("groups.Appeal", "decision__case__in"),
        ("groups.Measure", "decision__case__in"),
        ("groups.Decision", "case__in"),
        ("groups.Evidence", "flag__case__in"),
        ("groups.Flag", "case__in"),
        ("groups.CaseEntry", "case__in"),
    ),
    batch=200,
    past=lambda cutoff: Q(closed_at__lt=cutoff),
    waits_for="something decided in them is still in force",
    on_erasure=OnErasure(
        because="what was reported, answered and decided can be contested, by you and by others",
        called="Cases that you are part of",
    ),
    window_from=F("closed_at"),
)
keep_rows(
    name="early departures",
    model="groups.EarlyDeparture",
    starts="they arrive: the grant before them may still come",
    window=Window(3, floor=0, ceiling=30),
    due=lambda cutoff: Q(received_at__lt=cutoff),
    reach=Reach(platform=("platform_id",)),
    batch=10_000,
    on_erasure=OnErasure(),
)
registry.register(
    DataClass(
        name="tenures and role events",
        models=("groups.Tenure", "groups.RoleEvent"),
        starts="the tenure ends; the event",
        window=TWO_YEARS,
        engine=GroupPasts(),
        on_erasure=OnErasure(
            because="they say who answered for a group, and when",
            called="Your roles in groups",
        ),
    )
)
keep_rows(
    name="transfers",
    model="groups.Transfer",
    starts="they end",
    window=TWO_YEARS,
    due=lambda cutoff: Q(ended_at__lt=cutoff),
    reach=Reach(
        platform=("group__platform_id",),
        group=("group_id",),
        account=("from_account_id", "to_account_id"),
    ),
    on_erasure=OnErasure(because="they say how a group changed hands"),
    window_from=F("ended_at"),
)
keep_rows(
    name="claims",
    model="groups.Claim",
    starts="they end",
    window=TWO_YEARS,
    due=lambda cutoff: Q(ended_at__lt=cutoff),
    reach=OF_SOMEBODY_IN_A_GROUP,
    on_erasure=OnErasure(because="they say how a group changed hands"),
    window_from=F("ended_at"),
)
keep_rows(
    name="acknowledgements",
    model="groups.Acknowledgement",
    starts="they were given",
    window=TWO_YEARS,
    due=lambda cutoff: Q(acknowledged_at__lt=cutoff),
    reach=OF_SOMEBODY_IN_A_GROUP,
    on_erasure=OnErasure(because="they say what you knew when you answered for a group"),
    window_from=F("acknowledged_at"),
)
keep_rows(
    name="tables brought along",
    model="groups.RegistryUpload",
    starts="they are uploaded",
    window=Window(1, floor=0, ceiling=30),
    due=lambda cutoff: Q(uploaded_at__lt=cutoff),
    reach=Reach(platform=("platform_id",)),
    on_erasure=OnErasure(),
)
registry.copied_for_holds("groups.HeldLogEntry", hold="hold", moment="occurred_at")
registry.exempts(
    groups__Group="a group, not a person",
    groups__OwnerlessStep="what became of a group; names staff by id only",
    groups__GroupUserObjectPermission="ends with the tenure it was delegated in",
    groups__GroupGroupObjectPermission="never written: Accord delegates to people only",
    groups__Duties="a published text",
    groups__ImportRun="counts of a file, no people",
    groups__NoticeTemplate="a published text",
    groups__Rule="a published text",
    groups__SealedDay="counts a day of the log, no people",
)
