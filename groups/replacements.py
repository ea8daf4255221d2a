"""The decision that takes the place of one that an appeal reversed, in part or in whole."""

from collections.abc import Sequence

from groups import measures as chosen
from groups.measures import Charge, MeasureInput, Proposal
from groups.models import Appeal, Decision
from portal.core.errors import Invalid

Outcome = Decision.Outcome


class NotAReversal(Invalid):
    """The outcome of the appeal and the decision that is to follow do not fit together."""

    code = "not-a-reversal"
    title = "The outcome does not fit"


class WorseOff(Invalid):
    """Nobody is worse off for having appealed."""

    code = "worse-off-by-appeal"
    title = "An appeal does not make things worse for whoever appealed"


def propose(
    *,
    appeal: Appeal,
    outcome: str,
    reasons: str,
    facts: str,
    measures: Sequence[MeasureInput],
    keeps_points: bool,
) -> Proposal:
    """Build the decision that follows from the appeal's outcome.

    Reversed for the person it is about, nothing is left of the old one. A reporter may bring
    about measures where there were none, or others. Raises NotAReversal, WorseOff.
    """
    old = appeal.decision
    new = Outcome.MEASURES if measures else _without_measures(appeal, outcome)
    by_reporter = appeal.flag_id is not None
    charge = Charge.POLICY if by_reporter else Charge.KEPT if keeps_points else Charge.NONE
    before = chosen.of(old)
    if outcome == Appeal.State.REVERSED and not by_reporter and measures:
        raise NotAReversal(
            "A reversed decision leaves no measures. Choose “partially reversed” to keep some."
        )
    if outcome == Appeal.State.REVERSED and by_reporter and not measures:
        raise NotAReversal(
            "Choose the measures that follow from the report. If the owner had dealt with it, "
            "choose “partially reversed” without measures."
        )
    if by_reporter and old.outcome == new and set(before) == set(measures):
        raise NotAReversal("This is what was decided before. Choose “upheld”, or other measures.")
    if not by_reporter:
        if new == old.outcome and set(before) == set(measures) and (keeps_points or not old.points):
            raise NotAReversal("This is what was decided before. Choose “upheld”, or take less.")
        if not chosen.are_milder(measures, than=before):
            raise WorseOff("Each measure must take no more than those that were appealed.")
    return Proposal(
        outcome=new,
        facts=facts.strip() or old.facts,
        reasons=reasons,
        measures=measures,
        ground=old.ground,
        legal_ground=old.legal_ground,
        overrides=old,
        charge=charge,
    )


def _without_measures(appeal: Appeal, outcome: str) -> str:
    """Tell what a decision without measures says: nothing was wrong, or it was dealt with."""
    if outcome == Appeal.State.REVERSED and appeal.flag_id is None:
        return Outcome.DISMISSED
    return Outcome.OWNER_HANDLED
