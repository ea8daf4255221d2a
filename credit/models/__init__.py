from credit.models.adjustments import Adjustment
from credit.models.ledger import LedgerEntry
from credit.models.policies import Policy
from credit.models.sanctions import Privilege, Sanction
from credit.models.simulations import Simulation
from credit.models.standings import Standing

__all__ = ["Adjustment", "LedgerEntry", "Policy", "Privilege", "Sanction", "Simulation", "Standing"]
