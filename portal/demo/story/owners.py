"""What owners are asked, whom they name, and what becomes of a group that nobody owns."""

from datetime import timedelta

from groups.actions import delegations, duties, ownerless, risks
from groups.models.groups import OwnerlessStep
from portal.demo.story.cases import Stage
from portal.demo.story.people import BY
from portal.demo.story.records import person

DUTIES = {
    "en": """As an owner you answer for your group.

Read reports about it and answer them before their deadline.
Keep its rules where every member finds them.
Name at least one manager, so that somebody is there when you are not.
When you cannot go on, hand the group over before you leave.""",
    "de": """Als Eigentümerin oder Eigentümer sind Sie für Ihre Gruppe verantwortlich.

Lesen Sie Meldungen und antworten Sie vor Ablauf der Frist.
Halten Sie die Regeln dort bereit, wo alle Mitglieder sie finden.
Benennen Sie mindestens eine Person, die mit Ihnen verwaltet.
Wenn Sie nicht weitermachen können, übergeben Sie die Gruppe, bevor Sie gehen.""",
}


def load(stage: Stage) -> None:
    """Duties that one owner read and others did not; a manager named to answer; three steps of a
    group without an owner; a group at risk."""
    at, dario = stage.at, stage.accounts["u-dario"]
    published = duties.publish(
        platform=stage.cast.relay, texts=DUTIES, by=stage.cast.by("lea"), at=at - timedelta(days=9)
    )
    english = next(one for one in published if one.language == "en")
    duties.acknowledge(account=dario, duties=english, by=person(dario), at=at - timedelta(days=8))
    duties.remind(by=BY, at=at - timedelta(hours=6), limit=500)
    delegations.delegate(
        group=stage.groups["g-harbour"],
        account=dario,
        by=person(stage.accounts["u-ada"]),
        at=at - timedelta(days=30),
    )
    mushrooms = stage.groups["g-orphan-2"].pk
    invited = at - timedelta(days=40)
    ownerless.remind(group_id=mushrooms, kind=OwnerlessStep.Kind.INVITED, by=BY, at=invited)
    ownerless.step(group_id=mushrooms, by=BY, at=at - timedelta(days=10))
    risks.note(by=BY, at=at)
