from credit.admin import ledger, policies, sanctions, standings

__all__ = ["ledger", "policies", "sanctions", "standings"]
