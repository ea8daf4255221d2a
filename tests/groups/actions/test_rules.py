import json
from dataclasses import replace
from pathlib import Path

import pytest

from groups import default_rules, dsa
from groups.actions import rules
from groups.models import Rule
from tests.factories.base import AT
from tests.factories.core import PlatformFactory
from tests.groups.place import BY_TESTS, refused

SCAMS = default_rules.RULES[0]
SCHEMA = Path(__file__).resolve().parents[4] / "shared" / "dsa" / "schema.json"


@pytest.mark.django_db
class TestPublishing:
    @pytest.fixture
    def platform(self):
        return PlatformFactory()

    def publish(self, platform, terms=SCAMS):
        return rules.publish(platform=platform, terms=terms, by=BY_TESTS, at=AT)

    def test_a_new_version_takes_over_and_the_old_one_stays_readable(self, platform):
        first = self.publish(platform)
        second = self.publish(platform, replace(SCAMS, text="Do not scam."))

        first.refresh_from_db()
        assert (first.version, first.retired_at) == (1, AT)
        assert (second.version, second.retired_at, second.text) == (2, None, "Do not scam.")

    def test_a_category_of_opinion_is_refused(self, platform):
        for category in (
            "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
            "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
            "",
        ):
            with refused(rules.UnusableRule):
                self.publish(platform, replace(SCAMS, dsa_category=category, dsa_keyword=""))
        assert Rule.objects.count() == 0

    def test_a_keyword_of_another_category_is_refused(self, platform):
        with refused(rules.UnusableRule):
            self.publish(platform, replace(SCAMS, dsa_keyword="KEYWORD_NUDITY"))

    def test_a_rule_is_retired_once(self, platform):
        rule = self.publish(platform)
        rules.retire(rule=rule, by=BY_TESTS, at=AT)

        with refused(rules.RuleRetired):
            rules.retire(rule=rule, by=BY_TESTS, at=AT)

    def test_defaults_are_installed_once_and_leave_what_is_there(self, platform):
        own = self.publish(platform, replace(SCAMS, title="Our own"))

        made = rules.install_defaults(platform=platform, by=BY_TESTS, at=AT)
        again = rules.install_defaults(platform=platform, by=BY_TESTS, at=AT)

        assert [rule.code for rule in made] == [f"R-{n}" for n in range(2, 9)]
        assert again == []
        own.refresh_from_db()
        assert (own.title, own.retired_at) == ("Our own", None)


def test_only_child_safety_and_threats_to_life_skip_the_owner():
    skipping = [terms.title for terms in default_rules.RULES if terms.skips_owner]

    assert skipping == ["Threats to life", "Child safety"]


def test_the_default_rules_belong_to_categories_of_conduct():
    for terms in default_rules.RULES:
        assert terms.dsa_keyword in dsa.KEYWORDS[terms.dsa_category]


@pytest.mark.skipif(not SCHEMA.exists(), reason="the European Commission's files are not here")
def test_categories_and_keywords_are_those_of_the_transparency_database():
    enums = json.loads(SCHEMA.read_text())["sor_enums"]

    assert set(dsa.KEYWORDS) <= set(enums["category"])
    assert {word for words in dsa.KEYWORDS.values() for word in words} <= set(
        enums["category_specification"]
    )
