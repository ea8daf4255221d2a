from credit.admin import ledger, outlooks, policies, sanctions, simulations, standings

__all__ = ["ledger", "outlooks", "policies", "sanctions", "simulations", "standings"]
