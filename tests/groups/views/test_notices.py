from django.urls import reverse

from groups.models import Notice
from tests.factories.groups import NoticeFactory
from tests.groups.views import reading


def test_unread_notices_are_counted_in_the_header_and_marked_one_by_one(as_user, place):
    first, second = (
        NoticeFactory(platform=place.platform, recipient=place.owner, subject=subject)
        for subject in ("One", "Two")
    )
    client = as_user(place.owner)
    assert "Notices 2 unread" in reading.words(client.get("/help/"))

    assert client.get(reverse("groups:notice", args=[first.pk])).status_code == 200
    assert Notice.objects.filter(read_at=None).count() == 2

    url = reverse("groups:notice_read", args=[first.pk])
    assert client.get(url).status_code == 405
    assert client.post(url).url == reverse("groups:notices")
    assert client.post(url, {"stay": "1"}).url == reverse("groups:notice", args=[first.pk])
    by_script = client.post(
        reverse("groups:notice_read", args=[second.pk]), headers={"HX-Request": "true"}
    )
    assert reading.words(by_script) == "Read 2 Nov 2026"
    assert not Notice.objects.filter(read_at=None).exists()
    assert "unread" not in reading.words(client.get("/help/"))


def test_a_notice_is_shown_as_it_was_sent_in_its_language(as_user, place):
    notice = NoticeFactory(
        platform=place.platform,
        recipient=place.owner,
        language="de",
        body="Eins\n<b>zwei</b>",
    )

    body = as_user(place.owner).get(reverse("groups:notice", args=[notice.pk])).content.decode()

    assert '<article class="card" lang="de"' in body
    assert "Eins<br>&lt;b&gt;zwei&lt;/b&gt;" in body


def test_a_notice_leads_only_to_what_its_reader_may_open(as_user, place):
    case = place.open_case()
    sent = place.reporter.notices.get()

    page = as_user(place.reporter).get(reverse("groups:notice", args=[sent.pk]))

    below = page.content.decode().split("</article>")[1]
    assert case.reference not in below
    own = reverse("groups:report_sent", args=[case.flags.get().pk])
    assert own in below
    assert own in sent.body


def test_pages_for_everybody_ask_for_no_notices(client, db):
    assert "Notices" not in reading.words(client.get("/help/"))
