"""Who takes a policy from a draft into effect."""

import json

from django.forms import ChoiceField, Select

from credit import policy as policies
from credit.admin.policy_forms import PolicyForm
from credit.models import Policy
from tests.authorisation.admin_rows import ALL_STAFF
from tests.authorisation.dialog_rows import SENT, dialog
from tests.authorisation.people import Who
from tests.authorisation.rows import ALLOW, HIDDEN, get, opened, post
from tests.credit import findings
from tests.factories.base import AT, fixture_rows
from tests.factories.credit import PolicyFactory, SimulationFactory
from tests.factories.identity import UserFactory

ROUTE = "admin/credit/policy/<path:object_id>/{}/"
MANAGERS = opened(Who.SENIOR)


def _version(state, **fields):
    """A version that is in `state` before somebody asks, drafted by a stranger."""

    def before(world, who):
        platform = world.here.platform
        policy = PolicyFactory(
            platform=platform,
            version=90,
            state="DRAFT",
            active_from=None,
            drafted_by=fields.get("drafted_by", UserFactory()),
        )
        SimulationFactory(policy=policy, against=findings.active_policy(platform))
        with fixture_rows():
            for step in ("SIMULATED", "APPROVED")[
                : ("DRAFT", "SIMULATED", "APPROVED").index(state)
            ]:
                approved = {"approved_by": UserFactory(), "approved_at": AT}
                more = approved if step == "APPROVED" else {}
                Policy.objects.filter(pk=policy.pk).update(state=step, **more)
        world.here.version = policy

    return before


def _own_draft(world, who):
    user = world.people[who].user or UserFactory()
    _version("DRAFT", drafted_by=user)(world, who)


def _it(world):
    return {"object_id": world.here.version.pk}


def _terms(world):
    return {"id": world.here.version.pk}


def form_of(policy):
    """What a browser sends that saves the form as it is shown."""
    form = PolicyForm(policies.of(policy))
    sent = {"seen": json.dumps(policy.document)}
    for part in (form.terms, *form.tiers, *form.verified, *form.managed):
        for bound in part:
            value = bound.value()
            if value is None and isinstance(bound.field, ChoiceField):
                # A list sends what it shows first; boxes that nobody ticked send nothing.
                is_list = isinstance(bound.field.widget, Select)
                value = bound.field.choices[0][0] if is_list else None
            if value is not None:
                sent[bound.html_name] = value
    for rows in (form.tiers, form.verified, form.managed):
        sent[f"{rows.prefix}-TOTAL_FORMS"] = rows.total_form_count()
        sent[f"{rows.prefix}-INITIAL_FORMS"] = rows.initial_form_count()
    return sent


def _waiting(world, who):
    _version("DRAFT")(world, who)
    world.here.waiting = SimulationFactory(
        policy=world.here.version, state="WAITING", findings=None, finished_at=None
    )


def _done(world):
    return {"id": world.here.simulated.pk, "form": "csv"}


STEPS = [
    ("draft_from", _version("APPROVED")),
    ("simulate", _version("DRAFT")),
    ("send_back", _version("SIMULATED")),
    ("approve", _version("SIMULATED")),
    ("activate", _version("APPROVED")),
    ("withdraw", _version("APPROVED")),
]
POLICIES = [
    *(
        row
        for name, before in STEPS
        for row in dialog(
            ROUTE.format(name), MANAGERS, params=_it, before=before, data=lambda w, who: SENT
        )
    ),
    get("admin/credit/policy/schema.json", opened(ALL_STAFF, foreign=ALLOW)),
    get(
        "admin/credit/policy/<uuid:id>/terms/",
        opened(Who.SENIOR, foreign=HIDDEN),
        params=_terms,
        before=_own_draft,
    ),
    post(
        "admin/credit/policy/<uuid:id>/terms/",
        opened(Who.SENIOR, foreign=HIDDEN),
        params=_terms,
        before=_own_draft,
        data=lambda w, who: form_of(w.here.version),
    ),
    get(
        "admin/credit/simulation/<uuid:id>/progress/",
        opened(ALL_STAFF, foreign=HIDDEN),
        params=lambda w: {"id": w.here.waiting.pk},
        before=_waiting,
    ),
    get(
        "admin/credit/simulation/<uuid:id>/simulation.<str:form>",
        opened(ALL_STAFF, foreign=HIDDEN),
        params=_done,
        changes=True,
        note="it leaves an audit entry",
    ),
]
