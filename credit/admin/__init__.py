from credit.admin import ledger, policies, sanctions, simulations, standings

__all__ = ["ledger", "policies", "sanctions", "simulations", "standings"]
