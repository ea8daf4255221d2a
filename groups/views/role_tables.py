"""Roles over time as tables for a spreadsheet; times in UTC."""

from datetime import UTC

from groups.models import Tenure

HEADINGS = ["account", "name", "role", "from", "until", "how it began", "how it ended"]
OF_ACCOUNT = ["group", "name", "role", "from", "until", "how it began", "how it ended"]


def row(tenure: Tenure) -> list[str]:
    """Say whose role it was and when, in the order of `HEADINGS`."""
    return [tenure.account.external_id, tenure.account.display_name, *_rest(tenure)]


def row_of_account(tenure: Tenure) -> list[str]:
    """Say where the role was and when, in the order of `OF_ACCOUNT`."""
    return [tenure.group.external_id, tenure.group.name, *_rest(tenure)]


def _rest(tenure: Tenure) -> list[str]:
    until = tenure.until
    return [
        tenure.get_role_display(),
        tenure.since.astimezone(UTC).isoformat(),
        until.astimezone(UTC).isoformat() if until else "",
        tenure.get_began_display(),
        tenure.get_ended_display() if tenure.ended else "",
    ]
