from credit.models.ledger import LedgerEntry
from credit.models.policies import Policy
from credit.models.sanctions import Privilege, Sanction
from credit.models.standings import Standing

__all__ = ["LedgerEntry", "Policy", "Privilege", "Sanction", "Standing"]
