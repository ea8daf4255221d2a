from groups.models.appeals import Appeal
from groups.models.cases import Case, CaseEntry, Evidence, Flag
from groups.models.decisions import Decision
from groups.models.departures import EarlyDeparture
from groups.models.duties import Acknowledgement, Duties
from groups.models.groups import (
    Group,
    GroupGroupObjectPermission,
    GroupUserObjectPermission,
    OwnerlessStep,
)
from groups.models.imports import ImportRun
from groups.models.log import HeldLogEntry, LogEntry
from groups.models.measures import Measure
from groups.models.notices import Notice, NoticeTemplate
from groups.models.receipts import EventReceipt
from groups.models.registry import RegistryUpload
from groups.models.rules import Rule, Severity
from groups.models.sealed_days import SealedDay
from groups.models.tenures import RoleEvent, Tenure
from groups.models.transfers import Claim, Transfer

__all__ = [
    "Acknowledgement",
    "Appeal",
    "Case",
    "CaseEntry",
    "Claim",
    "Decision",
    "Duties",
    "EarlyDeparture",
    "EventReceipt",
    "Evidence",
    "Flag",
    "Group",
    "GroupGroupObjectPermission",
    "GroupUserObjectPermission",
    "HeldLogEntry",
    "ImportRun",
    "LogEntry",
    "Measure",
    "Notice",
    "NoticeTemplate",
    "OwnerlessStep",
    "RegistryUpload",
    "RoleEvent",
    "Rule",
    "SealedDay",
    "Severity",
    "Tenure",
    "Transfer",
]
