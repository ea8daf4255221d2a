"""How a group, or whoever answered for it, dealt with what was reported: facts, never points."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from groups.models import Group
from groups.queries import accountability
from groups.queries.accountability import Record
from identity.models import Account
from portal.core.admin import panels
from portal.core.templatetags import ui

NOTE = (
    "Cases that went to the group first. An answer missed is a fact and no points. The person, "
    "and whoever holds a role in the group, sees the same."
)


def _of_group(request: HttpRequest, group: Group) -> panels.Panel:
    return _panel(accountability.get_record_of_group(group=group, at=timezone.now()))


def _of_account(request: HttpRequest, account: Account) -> panels.Panel:
    return _panel(accountability.get_record_of_account(account=account, at=timezone.now()))


def _panel(record: Record) -> panels.Panel:
    share = f" ({record.percent_in_time} %)" if record.percent_in_time is not None else ""
    median = ui.lasting(record.median_answer) if record.median_answer else panels.NOTHING
    year = record.months
    months = [sum(month.received for month in year), sum(month.missed for month in year)]
    return panels.Panel(
        title="How reports were answered",
        note=NOTE,
        head=["What", "How many"],
        rows=[
            ["Answered in time", f"{record.in_time} of {record.had_to_answer}{share}"],
            ["Answered late", f"{record.late} of {record.had_to_answer}"],
            ["Not answered", f"{record.unanswered} of {record.had_to_answer}"],
            ["Wait for an answer", str(record.waiting)],
            ["Taken over by staff before the deadline", str(record.taken_over)],
            ["Passed on to staff by the deadline", str(record.escalated)],
            ["Half of the answers came within", median],
            ["In the last twelve months", f"{months[0]} received, {months[1]} missed"],
            ["Decisions changed on appeal", f"{record.overturned} of {record.decided}"],
        ],
    )


admin.site.add_panel(Group, _of_group, place=15)
admin.site.add_panel(Account, _of_account, place=42)
