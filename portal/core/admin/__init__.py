from portal.core.admin import audit, holds, platforms, purges, webhooks

__all__ = ["audit", "holds", "platforms", "purges", "webhooks"]
