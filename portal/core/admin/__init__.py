from portal.core.admin import audit, holds, platforms, purges, webhooks, windows

__all__ = ["audit", "holds", "platforms", "purges", "webhooks", "windows"]
