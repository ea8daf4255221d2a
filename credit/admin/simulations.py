"""What a simulation found: who would stand where, who would lose or get what, and examples."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from credit import policy as policies
from credit import simulation
from credit.actions import simulations
from credit.models import Policy, Simulation
from credit.simulation import AGES, SIZES, Change, Findings
from identity.models import Account
from portal.core import cells
from portal.core.actors import Actor
from portal.core.admin import filters, following, panels
from portal.core.admin.base import RecordAdmin

STATE_TAGS = {"WAITING": "info", "RUNNING": "info", "DONE": "success", "FAILED": "danger"}
SAID = {
    "WAITING": "Waiting for a worker.",
    "RUNNING": "The simulation is under way.",
    "DONE": "The simulation is done. What it found is on this page.",
    "FAILED": "The simulation failed. The reason is on this page.",
}
BAR = '<li><span>{}</span><progress max="{}" value="{}"></progress><span>{}</span></li>'
ON_THE_DAY = "On the day it takes effect"
ALWAYS = "Had it always been so"


@admin.register(Simulation)
class SimulationAdmin(RecordAdmin):
    change_form_outer_before_template = "admin/accord/simulation_progress.html"
    linked_by = ("policy",)
    list_display = ("name", "platform", "state_tag", "as_of", "requester", "finished_at")
    list_select_related = ("platform", "policy", "against", "requested_by")
    list_filter = (filters.PlatformFilter, ("state", ChoicesDropdownFilter))
    when_empty = "To see what a policy would change, open its draft and choose “Simulate”."
    ordering = ("-requested_at",)
    shown_once = (("Problem", "problem"),)
    fieldsets = (
        (None, {"fields": ("tried", "compared", "platform", "state_tag", "files")}),
        ("When", {"fields": ("as_of", "requester", "requested_at", "finished_at")}),
        ("Problem", {"fields": ("problem",)}),
    )

    def title_of(self, made: Simulation) -> str:
        return self.name(made)

    @display(description="Simulation")
    def name(self, made: Simulation) -> str:
        return f"Version {made.policy.version} against {made.against.version}"

    @display(description="State")
    def state_tag(self, made: Simulation) -> Any:
        return panels.tag(made.get_state_display(), STATE_TAGS[made.state])

    @display(description="Asked for by")
    def requester(self, made: Simulation) -> str:
        return str(made.requested_by)

    @display(description="Tried")
    def tried(self, made: Simulation) -> Any:
        link = panels.link(made.policy, f"Version {made.policy.version}")
        if made.document == made.policy.document:
            return link
        return format_html("{}, which was changed since: simulate it again", link)

    @display(description="Compared with")
    def compared(self, made: Simulation) -> Any:
        return panels.link(made.against, f"Version {made.against.version}")

    @display(description="Files")
    def files(self, made: Simulation) -> Any:
        if made.state != Simulation.State.DONE:
            return panels.NOTHING
        return format_html_join(
            " · ",
            '<a href="{}">{}</a>',
            (
                (reverse("admin:credit_simulation_file", args=[made.pk, form]), form.upper())
                for form in ("csv", "json")
            ),
        )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:id>/progress/", view(self.progress), name="credit_simulation_progress"),
            path(
                "<uuid:id>/simulation.<str:form>",
                view(self.download),
                name="credit_simulation_file",
            ),
            *super().get_urls(),
        ]

    def progress(self, request: HttpRequest, id: UUID) -> HttpResponse:
        return following.answer(self, request, id, say=lambda made: SAID[made.state])

    def download(self, request: HttpRequest, id: UUID, form: str) -> HttpResponse:
        """Send every count, without the accounts."""
        made = self.get_object(request, str(id))
        if made is None or made.state != Simulation.State.DONE or form not in ("csv", "json"):
            raise Http404
        simulations.record_export(
            made=made, form=form, by=Actor.user(request.user), at=timezone.now()
        )
        rows = _counts(_found_in(made))
        if form == "json":
            response: HttpResponse = JsonResponse(
                {
                    "policy_version": made.policy.version,
                    "against_version": made.against.version,
                    "as_of": made.as_of,
                    "counts": rows,
                }
            )
        else:
            text = cells.as_csv([_HEADS, *(list(row.values()) for row in rows)])
            response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="simulation.{form}"'
        return response


_HEADS = (
    "level_now",
    "level_then",
    "level_had_it_always_been_so",
    "largest_group",
    "age",
    "accounts",
)


def _counts(found: Findings) -> list[dict[str, Any]]:
    before, after = found.before.tiers, found.after.tiers
    return [
        dict(
            zip(
                _HEADS,
                (
                    before[cell.before].name,
                    after[cell.after].name,
                    after[cell.always].name,
                    SIZES[cell.size][0],
                    AGES[cell.age][0],
                    cell.accounts,
                ),
                strict=True,
            )
        )
        for cell in found.cells
    ]


def _found_in(made: Simulation) -> Findings:
    return simulation.read(
        made.findings, before=policies.of(made.against), after=policies.parse(made.document)
    )


def _matrix(found: Findings, *, always: bool) -> panels.Panel:
    """One row a level of now, one column a level of the tried policy."""
    moves, after = found.moves(always=always), found.after.tiers
    rows = []
    for place, tier in enumerate(found.before.tiers):
        counts = [moves[place, column] for column in range(len(after))]
        rows.append(
            [
                f"Now {tier.name}",
                *(_count(n, tier.name == then.name) for n, then in zip(counts, after, strict=True)),
                f"{sum(counts):,}",
            ]
        )
    totals = [
        sum(moves[row, column] for row in range(len(found.before.tiers)))
        for column in range(len(after))
    ]
    rows.append(["All", *(f"{total:,}" for total in totals), f"{found.accounts:,}"])
    note = (
        "Each finding that was not reversed is given the points and the time of this version, and "
        "what would have come back of it by now. It shows where the version leads, not what "
        "activation does."
        if always
        else "Entries keep their points and their end, so this is what activation does. Sanctions "
        "stay as they are."
    )
    return panels.Panel(
        title=ALWAYS if always else ON_THE_DAY,
        head=["Level", *(f"Then {tier.name}" for tier in after), "All"],
        rows=rows,
        note=note,
        is_wide=True,
        picture=_bars(found, always=always),
    )


def _count(accounts: int, stays: bool) -> SafeString | str:
    """Show how many go from here to there; the list on a narrow screen leaves out where none do."""
    if not accounts:
        return format_html('<span class="ac-none">{}</span>', panels.NOTHING)
    return f"{accounts:,}" if stays else format_html("<strong>{}</strong>", f"{accounts:,}")


def _bars(found: Findings, *, always: bool) -> SafeString:
    """Draw how many stand on each level, now and then. The table beneath says the same."""
    moves = found.moves(always=always)
    now = [
        sum(n for (row, _), n in moves.items() if row == place)
        for place in range(len(found.before.tiers))
    ]
    then = [
        sum(n for (_, column), n in moves.items() if column == place)
        for place in range(len(found.after.tiers))
    ]
    lines = [("Now", found.before.tiers, now), ("Then", found.after.tiers, then)]
    most = max([1, *now, *then])
    return format_html(
        '<div class="ac-tierbars" aria-hidden="true">{}</div>',
        format_html_join(
            "",
            "<p>{}</p><ul>{}</ul>",
            (
                (
                    name,
                    format_html_join(
                        "",
                        BAR,
                        (
                            (tier.name, most, count, f"{count:,}")
                            for tier, count in zip(tiers, counts, strict=True)
                        ),
                    ),
                )
                for name, tiers, counts in lines
            ),
        ),
    )


def _changes(found: Findings, *, always: bool) -> list[list[Any]]:
    return [
        [one.privilege.label, f"{one.had:,}", f"{one.has:,}", f"{one.lose:,}", f"{one.gain:,}"]
        for one in found.changes(always=always)
    ]


def _privileges(request: HttpRequest, made: Simulation) -> panels.Panel | None:
    if made.state != Simulation.State.DONE:
        return None
    return panels.Panel(
        title="What people may do, by their level",
        head=["", "May now", "May then", "Lose it", "Get it"],
        rows=_changes(_found_in(made), always=False),
        note=f"{ON_THE_DAY}. A sanction withholds what it withholds, whatever the level.",
    )


def _by(band: str, title: str) -> Any:
    def make(request: HttpRequest, made: Simulation) -> panels.Panel | None:
        if made.state != Simulation.State.DONE:
            return None
        found = _found_in(made)
        pairs = zip(found.lose_by(band), found.lose_by(band, always=True), strict=True)
        return panels.Panel(
            title=title,
            head=[
                "",
                "Accounts",
                "Lose something on the day",
                "Get something",
                "Would have lost something, had it always been so",
            ],
            rows=[
                [
                    name,
                    f"{accounts:,}",
                    _most(changes, "lose"),
                    _most(changes, "gain"),
                    _most(always, "lose"),
                ]
                for (name, accounts, changes), (_, _, always) in pairs
            ],
            note="Counted is the privilege that most would lose or get.",
            is_wide=True,
        )

    return make


def _most(changes: list[Change], name: str) -> str:
    return f"{max(getattr(change, name) for change in changes):,}"


def _examples(request: HttpRequest, made: Simulation) -> panels.Panel | None:
    if made.state != Simulation.State.DONE:
        return None
    found = _found_in(made)
    before, after = found.before.tiers, found.after.tiers
    moved = {
        (row, column): accounts
        for (row, column), accounts in found.examples().items()
        if before[row].name != after[column].name
    }
    known = Account.objects.in_bulk([pk for accounts in moved.values() for pk in accounts])
    return panels.Panel(
        title="Examples of who moves",
        head=["From", "To", "Accounts"],
        rows=[
            [
                before[row].name,
                after[column].name,
                format_html_join(
                    ", ", "{}", ((panels.link(known[pk]),) for pk in accounts if pk in known)
                ),
            ]
            for (row, column), accounts in sorted(moved.items())
        ],
        empty="Nobody moves on the day.",
    )


def _matrices(*, always: bool) -> Any:
    def make(request: HttpRequest, made: Simulation) -> panels.Panel | None:
        if made.state != Simulation.State.DONE:
            return None
        return _matrix(_found_in(made), always=always)

    return make


def _of_policy(request: HttpRequest, policy: Policy) -> panels.Panel:
    found = policy.simulations.select_related("policy", "against").order_by("-requested_at")[:10]
    return panels.Panel(
        title="Simulations",
        head=["Simulation", "State", "As of", "Terms"],
        rows=[
            [
                panels.link(made, f"Against version {made.against.version}"),
                panels.tag(made.get_state_display(), STATE_TAGS[made.state]),
                panels.moment(made.as_of),
                "As they are" if made.document == policy.document else "Changed since",
            ]
            for made in found
        ],
        empty="None. A version is simulated before it can be approved.",
    )


admin.site.add_panel(Simulation, _matrices(always=False), place=1)
admin.site.add_panel(Simulation, _privileges, place=2)
admin.site.add_panel(Simulation, _examples, place=3)
admin.site.add_panel(Simulation, _by("size", "By the largest group that they answer for"), place=4)
admin.site.add_panel(Simulation, _by("age", "By how long the account is known"), place=5)
admin.site.add_panel(Simulation, _matrices(always=True), place=6)
admin.site.add_panel(Policy, _of_policy, place=20)
