"""Which words a notice is written with."""

from uuid import UUID

from groups.models import Decision, Measure, NoticeTemplate

# The weightiest measure of a decision chooses its words.
WEIGHT = [
    Measure.Kind.CLOSE_GROUP,
    Measure.Kind.FREEZE_GROUP,
    Measure.Kind.REVOKE,
    Measure.Kind.SUSPEND,
    Measure.Kind.WARN,
]
FALLBACK = "en"


def get_template(
    *, platform_id: UUID, kind: str, rule_code: str, measure_kind: str, languages: list[str]
) -> NoticeTemplate | None:
    """Return the words in use that fit best: the reader's language first, then the closest.

    Words for this rule and this measure, else for the rule, else for the measure, else for all.
    """
    in_use = NoticeTemplate.objects.filter(
        platform=platform_id,
        kind=kind,
        retired_at=None,
        rule_code__in={rule_code, ""},
        measure_kind__in={measure_kind, ""},
        language__in=languages,
    )
    fitting = sorted(
        in_use,
        key=lambda words: (
            languages.index(words.language),
            not words.rule_code,
            not words.measure_kind,
        ),
    )
    return fitting[0] if fitting else None


def get_weightiest(*, decision: Decision) -> Measure.Kind | None:
    kinds = set(Measure.objects.filter(decision=decision).values_list("kind", flat=True))
    return next((kind for kind in WEIGHT if kind in kinds), None)


def list_languages(*, preferred: str, platform_language: str) -> list[str]:
    """Return the languages to look for, the best first: de-AT, de, the platform's, English."""
    wanted = [preferred, preferred.partition("-")[0], platform_language, FALLBACK]
    return list(dict.fromkeys(language for language in wanted if language))
