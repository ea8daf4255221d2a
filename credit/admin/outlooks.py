"""On a standing's page: what adds up to it, what comes by itself, and what one more would do."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from credit import outlook, queries
from credit import policy as policies
from credit.admin import ledger, sanctions
from credit.models import LedgerEntry, Standing
from portal.core.admin import panels


def _counting(request: HttpRequest, standing: Standing) -> panels.Panel:
    found = queries.get_standing(account=standing.account, at=timezone.now())
    document = policies.of(found.policy)
    rows = [["", "Everybody starts with", str(document.starting_score), "", "", ""]]
    rows += [ledger.row(entry) for entry in found.entries]
    total = document.starting_score + sum(entry.points for entry in found.entries)
    said = f"Kept between {document.floor} and {document.ceiling}" if total != found.score else ""
    rows.append(["", "Score now", str(found.score), said, "", ""])
    return panels.Panel(
        title="What adds up to it now",
        head=ledger.HEAD,
        rows=rows,
        note="An entry's page names the decision it rests on. A reversal and what it reverses "
        "cancel each other.",
        more_url=panels.list_of(LedgerEntry, account=standing.account_id),
        is_wide=True,
    )


def _ahead(request: HttpRequest, standing: Standing) -> panels.Panel:
    at = timezone.now()
    found = outlook.of_record(queries.get_record(account=standing.account, at=at), at=at)
    return panels.Panel(
        title="If nothing else is decided",
        head=["From", "Score", "Level", "Why"],
        rows=[
            ["Now", str(found.score), found.tier, panels.NOTHING],
            *(
                [
                    panels.moment(step.at),
                    str(step.score),
                    step.tier.name,
                    format_html_join(" ", "{}", ((_said(cause),) for cause in step.causes)),
                ]
                for step in found.steps
            ),
        ],
    )


def _said(cause: outlook.Cause) -> SafeString:
    entry = panels.link(cause.of, f"#{cause.of.sequence}")
    if cause.comes_back_for:
        return format_html("A point of {} comes back: {}.", entry, cause.comes_back_for)
    return format_html("{} stops counting: {}.", entry, cause.of.reason.removesuffix("."))


def _one_more(request: HttpRequest, standing: Standing) -> panels.Panel:
    at = timezone.now()
    found = outlook.of_record(queries.get_record(account=standing.account, at=at), at=at)
    return panels.Panel(
        title="If one more finding were upheld now",
        head=["Severity", "Points", "Until", "Level then", "Takes"],
        rows=[
            [
                one.severity.capitalize(),
                "A warning" if one.penalty.is_warning else panels.signed(one.penalty.points),
                panels.moment(one.penalty.expires_at),
                one.tier,
                ", ".join(privilege.label.lower() for privilege in one.lost) or panels.NOTHING,
            ]
            for one in found.next_findings
        ],
        note="The person reads the same on their page.",
    )


def _sanctions(request: HttpRequest, standing: Standing) -> panels.Panel:
    return sanctions.of_account(request, standing.account)


admin.site.add_panel(Standing, _counting, place=1)
admin.site.add_panel(Standing, _ahead, place=2)
admin.site.add_panel(Standing, _one_more, place=3)
admin.site.add_panel(Standing, _sanctions, place=4)
