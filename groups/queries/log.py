"""How far the governance log reaches back."""

from datetime import datetime

from portal.core.data_classes import registry


def get_start(*, at: datetime) -> datetime:
    """Return where the log begins: older events are refused, and purged."""
    return registry.classes["governance log"].cutoff(at)
