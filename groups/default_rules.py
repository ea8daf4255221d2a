"""The rules every platform starts with, about conduct toward people and the service."""

from collections.abc import Sequence
from dataclasses import dataclass

from groups.models import Severity


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule says, how grave a breach is, and how long owner and staff have to react."""

    code: str
    title: str
    text: str
    severity: str
    response_hours: int
    staff_hours: int
    dsa_category: str
    dsa_keyword: str = ""
    # Child safety and threats to life do not wait for the owner.
    skips_owner: bool = False


RULES: Sequence[Terms] = (
    Terms(
        code="R-1",
        title="Scams",
        text="Do not deceive people to get their money, goods or personal data. That includes "
        "false offers, advance fees, and pressing members to pay outside the service.",
        severity=Severity.HIGH,
        response_hours=48,
        staff_hours=48,
        dsa_category="STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        dsa_keyword="KEYWORD_OTHER",
    ),
    Terms(
        code="R-2",
        title="Harassment",
        text="Do not pursue, insult, intimidate or expose a person, alone or with others, and "
        "stop contacting somebody who asks you to.",
        severity=Severity.MEDIUM,
        response_hours=72,
        staff_hours=72,
        dsa_category="STATEMENT_CATEGORY_CYBER_VIOLENCE",
        dsa_keyword="KEYWORD_CYBER_HARASSMENT",
    ),
    Terms(
        code="R-3",
        title="Threats to life",
        text="Do not threaten to kill or injure anybody, and do not organise or ask for violence "
        "against a person.",
        severity=Severity.CRITICAL,
        response_hours=24,
        staff_hours=4,
        dsa_category="STATEMENT_CATEGORY_VIOLENCE",
        dsa_keyword="KEYWORD_OTHER",
        skips_owner=True,
    ),
    Terms(
        code="R-4",
        title="Impersonation",
        text="Do not pretend to be another person or organisation, and do not take over "
        "somebody's account. Parody that says so is none.",
        severity=Severity.MEDIUM,
        response_hours=72,
        staff_hours=72,
        dsa_category="STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        dsa_keyword="KEYWORD_IMPERSONATION_ACCOUNT_HIJACKING",
    ),
    Terms(
        code="R-5",
        title="Spam",
        text="Do not send the same or unwanted messages in bulk, and do not add people to groups "
        "to advertise to them.",
        severity=Severity.LOW,
        response_hours=120,
        staff_hours=120,
        dsa_category="STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        dsa_keyword="KEYWORD_OTHER",
    ),
    Terms(
        code="R-6",
        title="Unmoderated group",
        text="Whoever owns a group sees to it that somebody reads reports and acts on them. A "
        "group that is left to itself breaks this rule.",
        severity=Severity.MEDIUM,
        response_hours=120,
        staff_hours=120,
        dsa_category="STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        dsa_keyword="KEYWORD_OTHER",
    ),
    Terms(
        code="R-7",
        title="Child safety",
        text="Do not sexualise, groom, exploit or endanger children, and do not pass on or ask "
        "for material that shows it.",
        severity=Severity.CRITICAL,
        response_hours=24,
        staff_hours=4,
        dsa_category="STATEMENT_CATEGORY_PROTECTION_OF_MINORS",
        dsa_keyword="KEYWORD_OTHER",
        skips_owner=True,
    ),
    Terms(
        code="R-8",
        title="Malware",
        text="Do not spread programs or links that harm devices, spy on people or steal "
        "passwords, and do not offer help with it.",
        severity=Severity.HIGH,
        response_hours=24,
        staff_hours=24,
        dsa_category="STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        dsa_keyword="KEYWORD_PHISHING",
    ),
)
