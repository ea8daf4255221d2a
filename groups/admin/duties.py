"""What is published: rules, and the duties owners take on."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from groups.actions import duties
from groups.models import Acknowledgement, Duties, Group, Rule
from identity.roles import Permission
from portal.core.actors import Actor
from portal.core.admin import columns, dialogs, filters, panels
from portal.core.admin.base import RecordAdmin
from portal.core.admin.choosing import PlatformForm

LANGUAGES = ("en", "de")
SEVERITY_TAGS = {"LOW": "neutral", "MEDIUM": "info", "HIGH": "warning", "CRITICAL": "danger"}


class InForceFilter(filters.DropdownFilter):
    title = "state"
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In force"), ("no", "Retired")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.filter(retired_at=None)
            case "no":
                return queryset.exclude(retired_at=None)
        return queryset


@admin.register(Rule)
class RuleAdmin(RecordAdmin):
    category = columns.shown("dsa_category", "DSA category")
    keyword = columns.shown("dsa_keyword", "DSA keyword")
    answer_within = columns.shown("response_hours", "The group answers within", unit="hours")
    staff_within = columns.shown("staff_hours", "Staff decide within", unit="hours")
    skips = columns.yes_or_no("skips_owner", "Goes to staff at once")
    list_display = ("code", "title", "version", "platform", "severity_tag", "published_at", "state")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter, InForceFilter, ("severity", ChoicesDropdownFilter))
    search_fields = ("code__iexact", "title")
    search_help_text = "Code or title"
    ordering = ("platform", "code", "-version")
    fieldsets = (
        (None, {"fields": ("code", "title", "version", "platform", "severity_tag", "state")}),
        ("Text", {"fields": ("text",)}),
        ("Deadlines", {"fields": ("answer_within", "staff_within", "skips")}),
        ("Statement of reasons", {"fields": ("category", "keyword")}),
        ("In force", {"fields": ("published_at", "retired_at")}),
    )

    @display(description="Severity")
    def severity_tag(self, rule: Rule) -> Any:
        return panels.tag(rule.get_severity_display(), SEVERITY_TAGS[rule.severity])

    @display(description="State")
    def state(self, rule: Rule) -> Any:
        return panels.tag("Retired") if rule.retired_at else panels.tag("In force", "success")


class PublishForm(PlatformForm):
    text_en = forms.CharField(
        label="Text in English", max_length=duties.LONGEST, widget=forms.Textarea({"rows": 8})
    )
    text_de = forms.CharField(
        label="Text in German",
        max_length=duties.LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 8}),
        help_text="Left empty, everybody reads the English one.",
    )


PUBLISH = {
    "title": "Publish a new version of the duties",
    "description": "It replaces the one before for everybody. All owners are asked to read it, and "
    "reminded; nothing follows if they do not. What was published stays as it is.",
    "form_class": PublishForm,
    "form_submit_text": "Publish",
}


@admin.register(Duties)
class DutiesAdmin(RecordAdmin):
    speaks = columns.language()
    list_display = ("version", "platform", "speaks", "published_at")
    list_select_related = ("platform",)
    list_filter = (filters.PlatformFilter,)
    ordering = ("platform", "-version", "language")
    actions_list = ("publish",)
    fieldsets = (
        (None, {"fields": ("version", "platform", "speaks", "published_at")}),
        ("Text", {"fields": ("text",)}),
    )

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(self.admin_site.platform_ids(request, [Permission.ADMINISTER]))

    @action(
        description="Publish a new version", icon="add", permissions=["publish"], dialog=PUBLISH
    )
    def publish(self, request: HttpRequest, form: PublishForm) -> HttpResponse:
        given = form.cleaned_data

        def do() -> str:
            made = duties.publish(
                platform=given["platform"],
                texts={language: given[f"text_{language}"] for language in LANGUAGES},
                by=Actor.user(request.user),
                at=timezone.now(),
            )
            return f"Version {made[0].version} is published. Owners are asked to read it."

        return dialogs.answer(
            request, form=form, dialog=PUBLISH, do=do, back=panels.list_of(Duties)
        )


@admin.register(Acknowledgement)
class AcknowledgementAdmin(RecordAdmin):
    platform_path = "group__platform"
    linked_by = ("group", "account")
    list_display = ("group", "account", "duties", "acknowledged_at")
    list_select_related = ("group", "account", "duties")
    list_filter = (filters.PlatformFilter, filters.since("acknowledged_at", "time"))
    ordering = ("-id",)
    fieldsets = ((None, {"fields": ("group", "account", "duties", "acknowledged_at")}),)


def _acknowledgements(request: HttpRequest, group: Group) -> panels.Panel:
    found = group.acknowledgements.select_related("account", "duties").order_by("-id")[:10]
    return panels.Panel(
        title="Duties acknowledged",
        head=["Account", "Duties", "When"],
        rows=[
            [panels.link(row.account), panels.link(row.duties), panels.moment(row.acknowledged_at)]
            for row in found
        ],
    )


admin.site.add_panel(Group, _acknowledgements)
