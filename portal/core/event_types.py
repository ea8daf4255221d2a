"""Every kind of event that platforms hear of by webhook, worded for who chooses among them.

A test compares it with what the layers above send.
"""

from collections.abc import Mapping
from types import MappingProxyType

EVENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "accord.appeal.decided.v1": "An appeal was decided",
        "accord.appeal.overdue.v1": "An appeal was not decided in time",
        "accord.appeal.submitted.v1": "An appeal was submitted",
        "accord.case.escalated.v1": "A case went up a level",
        "accord.case.opened.v1": "A case was opened",
        "accord.decision.effective.v1": "A decision took effect",
        "accord.group.ownerless.v1": "A group lost its last owner",
        "accord.notice.created.v1": "A notice was sent to somebody",
        "accord.privileges.changed.v1": "What an account may do has changed",
        "accord.tenure.began.v1": "Somebody became owner or manager",
        "accord.tenure.ended.v1": "Somebody is owner or manager no more",
        "accord.verification.expired.v1": "A verification has run out",
    }
)
