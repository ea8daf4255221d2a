from identity.admin import accounts, clients, staff, verifications

__all__ = ["accounts", "clients", "staff", "verifications"]
