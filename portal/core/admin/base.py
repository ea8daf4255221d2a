"""What all lists and pages of records in the admin share: scoped by platform, read-only."""

import re
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.admin import ModelAdmin

from portal.core.admin import paging, panels

WHOLE_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
NOT_SERVED = ("_add", "_delete", "_history")


class RecordAdmin(ModelAdmin):
    """A list and a read-only page of one model, of the platforms the reader may see.

    Changes are made by actions, from the pages of the work or from dialogs; never by this form.
    """

    # Whoever has any of these on a platform sees its records.
    permissions: ClassVar[tuple[str, ...]] = ("view_records",)
    # From the record to its platform.
    platform_path: ClassVar[str] = "platform"
    # "C" for C-24029: typing the reference finds the record.
    reference_prefix: ClassVar[str] = ""
    # Columns that hold ids: typing a whole id finds the record by index.
    ids_to_search: ClassVar[tuple[str, ...]] = ()
    # Relations that other pages link through: ?group=<id>.
    linked_by: ClassVar[tuple[str, ...]] = ()
    # Groups of fields that are left out while the record has nothing in a column.
    shown_once: ClassVar[tuple[tuple[str, str], ...]] = ()
    # What to do first, where nothing is in the list yet.
    when_empty: ClassVar[str] = ""
    # Keyset paging, without COUNT and OFFSET, for tables that grow without end.
    keyset: ClassVar[paging.Keyset | None] = None

    actions = None
    view_on_site = False
    empty_value_display = panels.NOTHING
    list_per_page = 50
    list_filter_submit = True
    list_fullwidth = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_form_outer_after_template = "admin/accord/panels.html"
    sortable_by: Any = ()

    def platform_ids(self, request: HttpRequest) -> frozenset[UUID]:
        return self.admin_site.platform_ids(request, self.permissions)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.platform_ids(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = {f"{self.platform_path}__in": self.platform_ids(request)}
        return super().get_queryset(request).filter(**visible)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse filters by columns that no page offers: they would answer questions about them."""
        offered = {
            getattr(item, "parameter_name", None)
            if isinstance(item, type)
            else item[0]
            if isinstance(item, tuple)
            else item
            for item in self.get_list_filter(request)
        }
        name = lookup.split("__")[0]
        if name in self.linked_by:
            return lookup in (name, f"{name}__exact", f"{name}__id__exact")
        return any(lookup == field or lookup.startswith(f"{field}__") for field in offered)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # PostgreSQL has no NUL in text.
        term = search_term.replace("\0", "").strip()
        if self.reference_prefix:
            match = re.fullmatch(rf"{self.reference_prefix}-?(\d{{1,18}})", term, re.IGNORECASE)
            if match:
                return queryset.filter(number=int(match[1])), False
        if self.ids_to_search and WHOLE_ID.fullmatch(term):
            found = Q()
            for column in self.ids_to_search:
                found |= Q(**{column: term})
            return queryset.filter(found), False
        return super().get_search_results(request, queryset, term)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        needed = dict(self.shown_once)
        return [
            (name, options)
            for name, options in super().get_fieldsets(request, obj)
            if name not in needed or getattr(obj, needed[name], None)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return admin.utils.flatten_fieldsets(self.get_fieldsets(request, obj))

    def title_of(self, record: Any) -> str:
        """Name the record at the top of its page; `str` of some models holds bare ids."""
        return str(record)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        return paging.KeysetChangeList if self.keyset else paging.RecordChangeList

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {"show_history": False, **(extra_context or {})}
        response = super().changeform_view(request, object_id, form_url, context)
        # Only a page has a record; dialogs and errors answer with something else.
        data = getattr(response, "context_data", None)
        if data and data.get("original") is not None:
            data["panels"] = self.admin_site.panels_for(request, data["original"])
            data["subtitle"] = self.title_of(data["original"])
        return response

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if not (url.name or "").endswith(NOT_SERVED)]
