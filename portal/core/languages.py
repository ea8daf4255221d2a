"""Languages by the names that people call them."""

from django.utils.translation import get_language_info


def name_of(code: str) -> str:
    """Return the English name; of a code that nobody knows, the code."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code
