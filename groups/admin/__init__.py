from groups.admin import (
    appeals,
    cases,
    decisions,
    duties,
    groups,
    log,
    notices,
    records,
    retention,
    tenures,
    transfers,
    work,
)

__all__ = [
    "appeals",
    "cases",
    "decisions",
    "duties",
    "groups",
    "log",
    "notices",
    "records",
    "retention",
    "tenures",
    "transfers",
    "work",
]
