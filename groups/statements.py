"""What a statement of reasons needs, gathered when the decision is taken.

Regulation (EU) 2022/2065, Article 17(3); the values are those of the Commission's
transparency database.
"""

from dataclasses import dataclass
from datetime import datetime

from groups.models import Case, Flag

_VOLUNTARY = "SOURCE_VOLUNTARY"
_SOURCES = {
    Flag.Source.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    Flag.Source.NOTICE: "SOURCE_ARTICLE_16",
}


@dataclass(frozen=True, slots=True)
class Statement:
    dsa_category: str
    dsa_keyword: str
    source_type: str
    content_language: str
    noticed_at: datetime


def gather(*, case: Case) -> Statement:
    """Return the statement fields of a case: category, source of the notice, language, date."""
    flags = list(case.flags.order_by("received_at").only("source", "received_at"))
    sources = {flag.source for flag in flags}
    language = case.group.language.partition("-")[0].upper()
    return Statement(
        dsa_category=case.rule.dsa_category,
        dsa_keyword=case.rule.dsa_keyword,
        source_type=next(
            (value for source, value in _SOURCES.items() if source in sources),
            _VOLUNTARY,
        ),
        content_language=language if len(language) == 2 else "",
        noticed_at=flags[0].received_at if flags else case.opened_at,
    )
