"""Decisions by the group they were about, as lists filter them and reports count them."""

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce, NullIf

from credit.simulation import SIZES
from groups.models import Decision

# The bands of `credit.simulation` by their place there. A group is there, though its size may
# not be known.
BANDS = {0: "Size not known", **{place: name for place, (name, _) in enumerate(SIZES) if place}}
# Of the group, or of the platform where the group has none.
LANGUAGE = Coalesce(NullIf("case__group__language", Value("")), "platform__language")
BAND = Case(
    When(case__group__size=None, then=Value(0)),
    *(
        When(case__group__size__lte=most, then=Value(place))
        for place, (_, most) in enumerate(SIZES)
        if most is not None
    ),
    default=Value(len(SIZES) - 1),
    output_field=IntegerField(),
)


def keep_first(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Keep the first decision of each case, once it took effect, whatever became of it since."""
    return decisions.filter(overrides=None, effective_at__isnull=False)


def keep_language(decisions: QuerySet[Decision], code: str) -> QuerySet[Decision]:
    return decisions.alias(spoken=LANGUAGE).filter(spoken=code)


def keep_band(decisions: QuerySet[Decision], place: int) -> QuerySet[Decision]:
    return decisions.alias(band=BAND).filter(band=place)
