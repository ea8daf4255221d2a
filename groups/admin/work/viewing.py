"""Who else has a case open now: marks in the cache that fade when their page stops asking.

They are not kept anywhere else: who looked at a case and when is nobody's business afterwards.
"""

from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.text import get_text_list
from django.views.decorators.http import require_POST

from groups.admin import pages
from groups.admin.work import cases
from groups.models import Case
from identity.models import StaffAssignment

# The page asks every 20 seconds; one missed time is forgiven.
SECONDS = 50
NAMED = 3


@require_POST
def mark(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that the reader looks at this case, and no other; answer with who else does."""
    case = cases.case_for(request, pk)
    cache.set(_key(request.user.pk), case.pk, SECONDS)
    seen = request.POST.get("version", "")
    return pages.render(
        request,
        "admin/accord/work/viewing.html",
        title=case.reference,
        case=case,
        others=_in_words(_others(request, case)),
        seen_version=seen,
        has_changed=bool(seen) and seen != str(case.version),
    )


def _key(user_id: UUID) -> str:
    return f"viewing:{user_id}"


def _others(request: HttpRequest, case: Case) -> list[str]:
    """Return the names of colleagues on this platform who look at the case."""
    staff = StaffAssignment.objects.filter(platform=case.platform_id, ended_at=None)
    names = dict(staff.exclude(user=request.user.pk).values_list("user", "user__name"))
    marks = cache.get_many(_key(user_id) for user_id in names)
    return sorted(name for pk, name in names.items() if marks.get(_key(pk)) == case.pk)


def _in_words(names: list[str]) -> str:
    """Write "Mina Okafor is also viewing"; empty when nobody is."""
    if not names:
        return ""
    shown = names if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - 2} others"]
    return f"{get_text_list(shown, 'and')} {'is' if len(names) == 1 else 'are'} also viewing"
