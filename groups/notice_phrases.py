"""How outcomes, measures and people are called in notices, in each language Accord speaks."""

from collections.abc import Mapping

from credit.models import Sanction
from groups.models import Measure
from identity.models import Account

FALLBACK = "en"

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "DISMISSED": "The report was not upheld. Nothing follows from it.",
        "OWNER_HANDLED": "The report was upheld. The group had already dealt with it.",
        "MEASURES": "The report was upheld, and measures were taken.",
        "UPHELD": "The decision stands.",
        "PARTIALLY_REVERSED": "The decision was reversed in part.",
        "REVERSED": "The decision was reversed. Everything it did was undone.",
        "OMITTED": "The appeal ended without a decision.",
        "INCOMPATIBLE_CONTENT": "It rests on the published rules of the service.",
        "ILLEGAL_CONTENT": "It rests on the law: {legal_ground}",
        "about_you": "your account, in the group {group}",
        "about_group": "the group {group}",
        "about_account": "the account {name}, in the group {group}",
        "WARN": "A warning.",
        "SUSPEND": "{privilege} is suspended for {days}{where}.",
        "REVOKE": "{privilege} is revoked{where}.",
        "FREEZE_GROUP": "The group is frozen.",
        "CLOSE_GROUP": "The group is closed.",
        "CREATE_GROUP": "Creating groups",
        "OWN_GROUP": "Owning groups",
        "MANAGE_GROUP": "Managing groups",
        "in_group": " in this group",
        "one_day": "1 day",
        "many_days": "{days} days",
        "until": " Until {until}.",
        "points": (
            "It takes {points} of your standing, under version {version} of the standing policy."
        ),
        "no_points": "no points",
        "one_point": "1 point",
        "many_points": "{points} points",
        "NO_MACHINE": "No automated means were used to take this decision.",
        "FOUND_BY_MACHINE": (
            "What was reported had been found by automated means. "
            "No automated means were used to take this decision."
        ),
        "no_measures": "No measures were taken.",
        "you_can_appeal": (
            "You can appeal until {until}. It costs nothing, and somebody else will look at the "
            "decision. Open it here and choose “Appeal this decision”:\n{link}\n\n"
            "You may also go to a certified out-of-court dispute settlement body, or to court."
        ),
        "they_can_appeal": (
            "The person it is about can appeal until {until}. You can read the decision here:"
            "\n{link}"
        ),
        "TRANSFER_ACCEPTED": (
            "{name} took the group on. You stay in it as a co-owner, and can take it back within "
            "24 hours."
        ),
        "TRANSFER_DECLINED": "{name} did not take the group on. It stays with you.",
        "TRANSFER_CANCELLED": "{name} does not offer you the group any more.",
        "TRANSFER_EXPIRED": "The offer was not answered in time. The group stays where it was.",
        "TRANSFER_TAKEN_BACK": (
            "{name} took the group back within 24 hours and is its owner again. You have the role "
            "that you had before."
        ),
        "CLAIM_DECLINED": "The group was not given to you.",
        "CLAIM_EXPIRED": "The time of your claim ran out, and the group was not given to you.",
        "OWNERLESS_INVITED": (
            "Nobody answers for the group at present. You manage it: you can claim it and become "
            "its owner. If nobody does, it is frozen, and a month later closed."
        ),
        "OWNERLESS_REMINDED_WEEK": (
            "In a week the time to claim the group is over. You manage it and can still claim it."
        ),
        "OWNERLESS_REMINDED_DAY": (
            "Tomorrow the time to claim the group is over. You manage it and can still claim it."
        ),
        "OWNERLESS_FROZEN": (
            "Nobody claimed the group, so it is frozen. That is against nobody. Whoever claims it "
            "unfreezes it; if nobody does, it is closed."
        ),
        "OWNERLESS_CLOSED": (
            "Nobody claimed the group while it was frozen, so it is closed. The staff of the "
            "service can reopen it."
        ),
        "OWNERLESS_REOPENED": "The staff of the service gave the group more time to be claimed.",
        "DELEGATED": (
            "The owner named you to answer reports about the group. They come to you as well now."
        ),
        "DELEGATION_ENDED": (
            "The owner named others to answer reports about the group. You need not answer them."
        ),
        "BASIC": "basic",
        "SUBSTANTIAL": "substantial",
        "HIGH": "high",
        "VERIFICATION_APPROVED": "You are verified at the level “{level}” until {until}.",
        "VERIFICATION_DECLINED": (
            "Your request was declined. Reason: {reason}\n\n"
            "Until {until} you can appeal. Another officer will look at it."
        ),
        "VERIFICATION_APPEAL_DECLINED": (
            "Another officer looked at the refusal, and it stands. Reason: {reason}\n\n"
            "You can make a new request at any time."
        ),
        "VERIFICATION_EXPIRED": (
            "Nobody decided your request in time, so it lapsed. That counts in no way against "
            "you. You can ask again."
        ),
        "VERIFICATION_REVOKED": (
            "A verification of yours was revoked and counts no longer. Reason: {reason}\n\n"
            "You keep the groups that you have, and can ask to be verified again."
        ),
        "VERIFICATION_ENDS": (
            "Your verification at the level “{level}” ends on {until}, in {days} days.\n\n"
            "{cost}\n\nTo keep it, be verified again before."
        ),
        "ENDING_COSTS": (
            "Until {grace} nothing changes. After that you cannot take on groups of more than "
            "{above} members. You keep the groups that you have."
        ),
        "ENDING_COSTS_NOTHING": "Nothing that you may do here depends on it at present.",
        "in_named_group": " in the group {group}",
        "LIFTED_SUSPENSION": (
            "{privilege}{where} was suspended. Somebody on the staff who did not impose that has "
            "ended it early."
        ),
        "LIFTED_REVOCATION": (
            "{privilege}{where} was revoked. Somebody on the staff who did not impose that has "
            "ended it."
        ),
        "GIVEN_BACK": "Two people on the staff gave you {points} of your standing back.",
        "GIVEN_BACK_UNTIL": (
            "Two people on the staff gave you {points} of your standing back, until {until}."
        ),
        "mail_footer": ("Sent for {platform} by Accord. The same notice is kept for you at {link}"),
    },
    "de": {
        "DISMISSED": "Die Meldung war nicht begründet. Aus ihr folgt nichts.",
        "OWNER_HANDLED": "Die Meldung war begründet. Die Gruppe hatte bereits gehandelt.",
        "MEASURES": "Die Meldung war begründet, und es wurden Maßnahmen getroffen.",
        "UPHELD": "Die Entscheidung bleibt bestehen.",
        "PARTIALLY_REVERSED": "Die Entscheidung wurde teilweise aufgehoben.",
        "REVERSED": "Die Entscheidung wurde aufgehoben. Alles, was sie bewirkte, ist rückgängig.",
        "OMITTED": "Die Beschwerde endete ohne Entscheidung.",
        "INCOMPATIBLE_CONTENT": "Sie beruht auf den veröffentlichten Regeln des Dienstes.",
        "ILLEGAL_CONTENT": "Sie beruht auf dem Gesetz: {legal_ground}",
        "about_you": "Ihr Konto in der Gruppe {group}",
        "about_group": "die Gruppe {group}",
        "about_account": "das Konto {name} in der Gruppe {group}",
        "WARN": "Eine Verwarnung.",
        "SUSPEND": "{privilege} ist für {days} ausgesetzt{where}.",
        "REVOKE": "{privilege} ist entzogen{where}.",
        "FREEZE_GROUP": "Die Gruppe ist eingefroren.",
        "CLOSE_GROUP": "Die Gruppe ist geschlossen.",
        "CREATE_GROUP": "Das Recht, Gruppen zu gründen,",
        "OWN_GROUP": "Das Recht, Gruppen zu besitzen,",
        "MANAGE_GROUP": "Das Recht, Gruppen zu verwalten,",
        "in_group": " (nur in dieser Gruppe)",
        "one_day": "einen Tag",
        "many_days": "{days} Tage",
        "until": " Bis {until}.",
        "points": "Ihr Ansehen verliert {points}, nach Version {version} der Ansehensregeln.",
        "no_points": "keine Punkte",
        "one_point": "einen Punkt",
        "many_points": "{points} Punkte",
        "NO_MACHINE": "Für diese Entscheidung wurden keine automatisierten Mittel verwendet.",
        "FOUND_BY_MACHINE": (
            "Was gemeldet wurde, war mit automatisierten Mitteln gefunden worden. "
            "Für diese Entscheidung wurden keine automatisierten Mittel verwendet."
        ),
        "no_measures": "Es wurden keine Maßnahmen getroffen.",
        "you_can_appeal": (
            "Sie können bis {until} Beschwerde einlegen. Sie kostet nichts, und jemand anderes "
            "prüft die Entscheidung. Öffnen Sie sie hier und wählen Sie „Appeal this decision“:"
            "\n{link}\n\n"
            "Sie können sich auch an eine zertifizierte außergerichtliche Streitbeilegungsstelle "
            "oder an ein Gericht wenden."
        ),
        "they_can_appeal": (
            "Die Person, um die es geht, kann bis {until} Beschwerde einlegen. Sie können die "
            "Entscheidung hier lesen:\n{link}"
        ),
        "TRANSFER_ACCEPTED": (
            "{name} hat die Gruppe übernommen. Sie bleiben als Mitbesitzer darin und können sie "
            "binnen 24 Stunden zurücknehmen."
        ),
        "TRANSFER_DECLINED": "{name} hat die Gruppe nicht übernommen. Sie bleibt bei Ihnen.",
        "TRANSFER_CANCELLED": "{name} bietet Ihnen die Gruppe nicht mehr an.",
        "TRANSFER_EXPIRED": (
            "Das Angebot wurde nicht rechtzeitig beantwortet. Die Gruppe bleibt, wo sie war."
        ),
        "TRANSFER_TAKEN_BACK": (
            "{name} hat die Gruppe binnen 24 Stunden zurückgenommen und ist wieder ihr Besitzer. "
            "Sie haben die Rolle, die Sie vorher hatten."
        ),
        "CLAIM_DECLINED": "Die Gruppe wurde Ihnen nicht gegeben.",
        "CLAIM_EXPIRED": (
            "Die Zeit Ihres Anspruchs ist abgelaufen, und die Gruppe wurde Ihnen nicht gegeben."
        ),
        "OWNERLESS_INVITED": (
            "Zurzeit ist niemand für die Gruppe verantwortlich. Sie verwalten sie: Sie können sie "
            "beanspruchen und ihr Besitzer werden. Tut das niemand, wird sie eingefroren und einen "
            "Monat später geschlossen."
        ),
        "OWNERLESS_REMINDED_WEEK": (
            "In einer Woche kann die Gruppe nicht mehr beansprucht werden. Sie verwalten sie und "
            "können es noch."
        ),
        "OWNERLESS_REMINDED_DAY": (
            "Morgen kann die Gruppe nicht mehr beansprucht werden. Sie verwalten sie und können es "
            "noch."
        ),
        "OWNERLESS_FROZEN": (
            "Niemand hat die Gruppe beansprucht, darum ist sie eingefroren. Das richtet sich gegen "
            "niemanden. Wer sie beansprucht, hebt das auf; sonst wird sie geschlossen."
        ),
        "OWNERLESS_CLOSED": (
            "Niemand hat die eingefrorene Gruppe beansprucht, darum ist sie geschlossen. Der "
            "Dienst kann sie wieder öffnen."
        ),
        "OWNERLESS_REOPENED": "Der Dienst hat der Gruppe mehr Zeit gegeben.",
        "DELEGATED": (
            "Der Besitzer hat Sie benannt, Meldungen über die Gruppe zu beantworten. Sie kommen "
            "nun auch zu Ihnen."
        ),
        "DELEGATION_ENDED": (
            "Der Besitzer hat andere benannt, Meldungen über die Gruppe zu beantworten. Sie müssen "
            "sie nicht beantworten."
        ),
        "BASIC": "niedrig",
        "SUBSTANTIAL": "substanziell",
        "HIGH": "hoch",
        "VERIFICATION_APPROVED": (
            "Ihre Identität ist auf der Stufe „{level}“ bestätigt, bis {until}."
        ),
        "VERIFICATION_DECLINED": (
            "Ihr Antrag wurde abgelehnt. Grund: {reason}\n\n"
            "Bis {until} können Sie Beschwerde einlegen. Jemand anderes prüft den Antrag dann."
        ),
        "VERIFICATION_APPEAL_DECLINED": (
            "Jemand anderes hat die Ablehnung geprüft, und sie bleibt bestehen. Grund: {reason}"
            "\n\nSie können jederzeit einen neuen Antrag stellen."
        ),
        "VERIFICATION_EXPIRED": (
            "Ihr Antrag wurde nicht rechtzeitig entschieden und ist verfallen. Das zählt in "
            "keiner Weise gegen Sie. Sie können einen neuen stellen."
        ),
        "VERIFICATION_REVOKED": (
            "Eine Ihrer Bestätigungen wurde widerrufen und zählt nicht mehr. Grund: {reason}\n\n"
            "Die Gruppen, die Sie haben, behalten Sie. Sie können sich erneut bestätigen lassen."
        ),
        "VERIFICATION_ENDS": (
            "Ihre Bestätigung auf der Stufe „{level}“ endet am {until}, in {days} Tagen.\n\n"
            "{cost}\n\nUm sie zu behalten, lassen Sie sich vorher erneut bestätigen."
        ),
        "ENDING_COSTS": (
            "Bis {grace} ändert sich nichts. Danach können Sie keine Gruppen mit mehr als "
            "{above} Mitgliedern übernehmen. Die Gruppen, die Sie haben, behalten Sie."
        ),
        "ENDING_COSTS_NOTHING": "Nichts, was Sie hier dürfen, hängt zurzeit davon ab.",
        "in_named_group": " (nur in der Gruppe {group})",
        "LIFTED_SUSPENSION": (
            "{privilege}{where} war ausgesetzt. Jemand im Team, der das nicht verhängt hatte, hat "
            "es vorzeitig beendet."
        ),
        "LIFTED_REVOCATION": (
            "{privilege}{where} war entzogen. Jemand im Team, der das nicht verhängt hatte, hat "
            "es beendet."
        ),
        "GIVEN_BACK": "Zwei Menschen im Team haben Ihrem Ansehen {points} zurückgegeben.",
        "GIVEN_BACK_UNTIL": (
            "Zwei Menschen im Team haben Ihrem Ansehen {points} zurückgegeben, bis {until}."
        ),
        "mail_footer": (
            "Für {platform} gesendet von Accord. Dieselbe Mitteilung liegt für Sie unter {link}"
        ),
    },
}


def phrases(language: str) -> Mapping[str, str]:
    return PHRASES.get(language, PHRASES[FALLBACK])


def language_of(account: Account) -> str:
    """Return the language that a notice to this account will most likely be written in."""
    user = account.user
    wanted = user.language if user and user.language else account.platform.language
    return wanted.partition("-")[0]


def say(measure: Measure, *, language: str) -> str:
    """Say what a measure does, in one sentence."""
    words = phrases(language)
    days = words["one_day" if measure.days == 1 else "many_days"].format(days=measure.days)
    return words[measure.kind].format(
        privilege=words.get(measure.privilege or "", ""),
        days=days,
        where=words["in_group"] if measure.in_group_id else "",
    )


def say_lifted(sanction: Sanction, *, group: str, language: str) -> str:
    """Say what a sanction took that was lifted early; `group` where it held in one only."""
    words = phrases(language)
    return words[f"LIFTED_{sanction.kind}"].format(
        privilege=words[sanction.privilege],
        where=words["in_named_group"].format(group=group) if group else "",
    )


def say_given_back(*, points: int, until: str, language: str) -> str:
    words = phrases(language)
    said = words["GIVEN_BACK_UNTIL" if until else "GIVEN_BACK"]
    return said.format(points=_count(points, language), until=until)


def say_points(*, lost: int, version: int, language: str) -> str:
    """Say what an entry in the ledger costs."""
    return phrases(language)["points"].format(points=_count(lost, language), version=version)


def _count(points: int, language: str) -> str:
    name = {0: "no_points", 1: "one_point"}.get(points, "many_points")
    return phrases(language)[name].format(points=points)
