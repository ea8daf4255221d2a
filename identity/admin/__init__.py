from identity.admin import accounts, clients, providers, requests, staff, verifications

__all__ = ["accounts", "clients", "providers", "requests", "staff", "verifications"]
