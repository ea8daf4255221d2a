import re
from uuid import uuid4

import pytest
from django.urls import reverse

from groups.models import Case, Flag
from identity.models import Account
from tests.factories.core import PlatformFactory
from tests.factories.groups import GroupFactory, RuleFactory, TenureFactory
from tests.factories.identity import AccountFactory
from tests.groups import place as places
from tests.groups import scene as scenes
from tests.groups.views import reading

URL = "/report/"


def filled(place, **changes):
    return {
        "token": str(uuid4()),
        "account": str(place.reporter.pk),
        "group": "night OWLS",
        "subject": "mats",
        "rule": str(place.rule().pk),
        "statement": "They ask members for deposits.",
        "excerpt": "Please transfer 50 first.",
    } | changes


def test_a_report_opens_a_case_that_does_not_tell_who_reported(as_user, place):
    client = as_user(place.reporter)

    response = client.post(URL, filled(place))

    flag = Flag.objects.get()
    case = flag.case
    assert response.url == reverse("groups:report_sent", args=[flag.pk])
    assert (flag.reporter, flag.source) == (place.reporter, "NOTICE")
    assert (case.group, case.subject, case.state) == (place.group, place.member, "WITH_OWNER")
    assert flag.statement == "About mats:\n\nThey ask members for deposits."
    assert [evidence.excerpt for evidence in flag.evidence.all()] == ["Please transfer 50 first."]
    page = as_user(place.owner).get(reverse("groups:case", args=[case.reference]))
    assert "Rana" not in page.content.decode()
    assert "Somebody looks at it." in reading.words(client.get(response.url))


def test_sending_the_same_page_twice_sends_one_report(as_user, place):
    client, data = as_user(place.reporter), filled(place)

    first, second = client.post(URL, data), client.post(URL, data)

    assert first.url == second.url
    assert Flag.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"group": "Nowhere"}, "has no group with this name or id."),
        ({"statement": " "}, "“What happened?” is missing."),
        ({"rule": ""}, "“Which rule was broken?” is missing."),
        ({"rule": str(uuid4())}, "Select a valid choice."),
        ({"account": str(uuid4())}, "Select a valid choice."),
        ({"token": "x"}, "Enter a valid UUID."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(as_user, place, changes, said):
    response = as_user(place.reporter).post(URL, filled(place, **changes))

    assert response.status_code == 422
    assert said in reading.words(response)
    assert "Please transfer 50 first." in response.content.decode()
    assert not Case.objects.exists()
    assert Account.objects.filter(platform=place.platform).count() == 4


def all_words(page, name):
    """What a page says, without what differs in any two places and the order of one instant."""
    return sorted(
        re.sub(rf"C-\d+|erson ?\d+|[0-9a-f-]{{36}}|{name}", "…", reading.words(page)).split()
    )


@pytest.mark.parametrize(("reporter", "about"), [("reporter", "member"), ("owner", None)])
def test_nobody_can_try_out_names(as_user, reporter, about):
    """Neither the answers nor any page tell a name that the platform knows from one it does not.

    Owners see the cases of their groups: those pages are looked at, too.
    """
    found = []
    for name in ("Mats", "Nobody"):
        place = places.make_place(name="Plaza", slug=f"plaza-{name.lower()}")
        place.reporter = getattr(place, reporter)
        client, data = as_user(place.reporter), filled(place, subject=name)
        answers = [client.post(URL, data), client.post(URL, data)]
        # Under the same token, for the case itself and for another name.
        answers += [client.post(URL, data | {"subject": other}) for other in ("", "Someone")]
        urls = [answer.url for answer in answers]
        notices = place.reporter.notices.values_list("pk", flat=True)
        urls += [reverse("groups:notice", args=[pk]) for pk in notices]
        cases = Case.objects.filter(platform=place.platform)
        urls += [reverse("groups:case", args=[case.reference]) for case in cases]
        pages = [client.get(url) for url in [*urls, URL, "/notices/", "/cases/", "/"]]
        subjects = {case.subject for case in cases}
        assert subjects == ({place.member, None} if name == "Mats" and about else {None})
        found.append(
            (
                [(answer.status_code, urls.index(answer.url)) for answer in answers],
                {(page.status_code, *all_words(page, name)) for page in pages},
            )
        )

    assert found[0] == found[1]
    assert found[0][0] == [(302, 0), (302, 0), (302, 2), (302, 3)]


def test_the_notice_does_not_tell_which_case_the_report_joined(as_user, place):
    """One that went to the case of somebody who was found would be another than the group's."""
    client = as_user(place.reporter)
    client.post(URL, filled(place))

    notice = place.reporter.notices.get()
    assert Case.objects.get().reference not in notice.subject + notice.body


def test_a_report_about_the_owner_goes_to_staff_whatever_name_is_typed(as_user, place):
    as_user(place.reporter).post(URL, filled(place, subject="Ogla", about_owner="on"))

    case = Case.objects.get()
    assert (case.subject, case.state) == (place.owner, "WITH_STAFF")
    page = as_user(place.owner).get(reverse("groups:case", args=[case.reference]))
    assert page.status_code == 404


def test_who_runs_the_group_is_found_by_id_and_before_others_of_their_name(as_user, place):
    client = as_user(place.reporter)
    place.person("Mara")
    for words in (place.manager.external_id, "mara"):
        client.post(URL, filled(place, subject=words))
        assert Case.objects.get().subject == place.manager

    namesake = place.person("MARA")
    TenureFactory(group=place.group, account=namesake, role="MANAGER")
    client.post(URL, filled(place, subject="mara"))
    assert set(Case.objects.values_list("subject", flat=True)) == {place.manager.pk, None}


def test_a_name_that_two_groups_have_asks_for_the_id(as_user, place):
    other = GroupFactory(platform=place.platform, name="Night owls")
    client = as_user(place.reporter)

    response = client.post(URL, filled(place))
    assert "More than one group" in reading.words(response)

    client.post(URL, filled(place, group=other.external_id))
    assert Flag.objects.get().case.group == other


def test_a_rule_of_another_platform_is_refused(as_user, place):
    elsewhere = PlatformFactory(name="Plaza")
    AccountFactory(platform=elsewhere, user=place.reporter.user)
    rule = RuleFactory(platform=elsewhere)

    response = as_user(place.reporter).post(URL, filled(place, rule=str(rule.pk)))

    assert response.status_code == 422
    assert "Choose a rule of" in reading.words(response)
    assert not Flag.objects.exists()


def test_the_reporter_reads_the_outcome_and_may_appeal(as_user, scene):
    scenes.decide_in_effect(scene, outcome="DISMISSED")
    client = as_user(scene.reporter)
    sent = reverse("groups:report_sent", args=[scene.flag.pk])

    assert "The report was not upheld." in reading.words(client.get(sent))
    url = reverse("groups:report_appeal", args=[scene.flag.pk])
    response = client.post(url, {"step": "send", "grounds": "Look at the dates."})
    appeal = scene.reporter.appeals.get()
    assert response.url == reverse("groups:appeal", args=[appeal.reference])
    assert appeal.flag == scene.flag
    assert client.get(response.url).status_code == 200
    owner = as_user(scene.owner)
    assert owner.get(sent).status_code == owner.post(url, {"step": "send"}).status_code == 404
    case = owner.get(reverse("groups:case", args=[scene.case.reference]))
    assert "Rana" not in case.content.decode()
