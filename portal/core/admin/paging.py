"""Lists of the admin: by page number where tables are small, by keyset where they are not."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.views import ChangeList

from portal.core.pagination import BadCursor, Keyset

CURSOR = "cursor"

__all__ = ["CURSOR", "Keyset", "KeysetChangeList", "RecordChangeList"]


class RecordChangeList(ChangeList):
    """A list whose title says what it lists, not that one is selected."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = capfirst(self.opts.verbose_name_plural)


class KeysetPaginator:
    """Stands where Django expects a paginator and counts nothing."""

    template_name = "admin/accord/keyset_pages.html"
    num_pages = 1

    def __init__(self, next_url: str | None, previous_url: str | None) -> None:
        self.next_url = next_url
        self.previous_url = previous_url


class KeysetChangeList(RecordChangeList):
    """Pages by cursor: no COUNT, no OFFSET, and rows that arrive meanwhile move nothing."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        lookups: dict[str, Any] = super().get_filters_params(params)
        lookups.pop(CURSOR, None)
        return lookups

    def get_results(self, request: HttpRequest) -> None:
        keyset: Keyset = self.model_admin.keyset
        cursor = request.GET.get(CURSOR) or None
        try:
            page = keyset.page(self.queryset, cursor=cursor, size=self.list_per_page)
        except BadCursor as error:
            raise IncorrectLookupParameters from error
        self.result_list = page.rows
        self.result_count = len(page.rows)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = False
        self.paginator = KeysetPaginator(self._url(page.next), self._url(page.previous))

    def _url(self, cursor: str | None) -> str | None:
        return None if cursor is None else self.get_query_string({CURSOR: cursor})
