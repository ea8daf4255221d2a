"""The staff admin: who may enter, and on which platforms they may see what."""

from collections.abc import Callable, Collection, Iterable
from functools import update_wrapper
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path, reverse
from unfold.sites import UnfoldAdminSite

from identity import access
from identity.models import User
from portal.core import errors, problems

GRANTS = "_accord_grants"
# Accord has its own pages for these: sign-in and password under /accounts/, no object redirects.
NOT_SERVED = {"password_change", "password_change_done", "view_on_site", "autocomplete"}

View = Callable[..., HttpResponse]
PanelMaker = Callable[[HttpRequest, Any], Any]


class NoAssignment(errors.Forbidden):
    """You are staff, but work for no platform at present, so there is nothing for you to see."""

    code = "no-assignment"
    title = "You are not assigned to a platform"
    advice = "Ask an administrator of the platform to give you a role."


def _refusal(problem: Exception) -> errors.AccordError:
    if isinstance(problem, errors.AccordError):
        return problem
    if isinstance(problem, PermissionDenied):
        return errors.Forbidden("Your account may not open this page.")
    return errors.NotFound("There is no such record, or it is not one you may see.")


class AccordAdminSite(UnfoldAdminSite):
    site_header = "Accord"
    index_title = "Overview"
    # Rows of lists are read-only; nothing is deleted here.
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._panels: dict[type[Model], list[tuple[int, PanelMaker]]] = {}
        self._pages: list[tuple[str, View, str]] = []
        self.disable_action("delete_selected")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Serve only pages that keep to the reader's platforms.

        Libraries register plain ones for tokens, sessions and second factors, open to superusers.
        """
        # Importing this package registers pages, so the site has to exist before.
        from portal.core.admin.base import RecordAdmin

        if admin_class is not None and issubclass(admin_class, RecordAdmin):
            super().register(model_or_iterable, admin_class, **options)

    # --- who may see what ---------------------------------------------------------------------

    def grants(self, request: HttpRequest) -> dict[str, frozenset[UUID]]:
        """Return the reader's platforms by permission; asked once a request."""
        if not hasattr(request, GRANTS):
            user = request.user
            found = access.grants_of(user) if isinstance(user, User) else {}
            setattr(request, GRANTS, {str(key): platforms for key, platforms in found.items()})
        grants: dict[str, frozenset[UUID]] = getattr(request, GRANTS)
        return grants

    def platform_ids(self, request: HttpRequest, permissions: Collection[str]) -> frozenset[UUID]:
        """Return the platforms on which the reader has any of `permissions`."""
        grants = self.grants(request)
        return frozenset().union(*(grants.get(str(name), frozenset()) for name in permissions))

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and bool(self.grants(request))

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Turn staff without an assignment away here: the login page would send them back."""
        guarded = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise NoAssignment("You work for no platform at present.")
            try:
                return guarded(request, *args, **kwargs)
            except (errors.AccordError, Http404, PermissionDenied) as problem:
                refusal = _refusal(problem)
                if request.headers.get("HX-Request") == "true" or refusal.status >= 500:
                    raise
                return self._explain(request, refusal)

        return update_wrapper(inner, view)

    def _explain(self, request: HttpRequest, problem: errors.AccordError) -> HttpResponse:
        """Say why a page does not open inside the admin, so that the way back is at hand."""
        context = {
            **self.each_context(request),
            "title": problem.title,
            "trail": [{"title": self.index_title, "link": reverse("admin:index")}],
            "is_fullwidth": "1",
            "problem": problem,
            "request_id": problems.request_id(),
        }
        return render(request, "admin/accord/refused.html", context, status=problem.status)

    # --- what the layers add ------------------------------------------------------------------

    def add_panel(self, model: type[Model], make: PanelMaker, *, place: int = 50) -> None:
        """Let a higher layer show its records on the page of a lower one, ordered by `place`."""
        panels = self._panels.setdefault(model, [])
        panels.append((place, make))
        panels.sort(key=lambda entry: entry[0])

    def panels_for(self, request: HttpRequest, record: Model) -> list[Any]:
        made = (make(request, record) for _, make in self._panels.get(type(record), []))
        return [panel for panel in made if panel is not None]

    def add_page(self, route: str, view: View, name: str) -> None:
        """Serve a page that belongs to no list, behind the gate of the admin."""
        self._pages.append((route, view, name))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        served = [url for url in super().get_urls() if getattr(url, "name", "") not in NOT_SERVED]
        pages = [path(route, self.admin_view(view), name=name) for route, view, name in self._pages]
        return pages + served

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Order the records by name within each app; unfold's search shows them so."""
        apps: Iterable[dict[str, Any]] = self._build_app_dict(request, app_label).values()
        for app in apps:
            app["models"].sort(key=lambda model: model["name"])
        return sorted(apps, key=lambda app: app["name"])
