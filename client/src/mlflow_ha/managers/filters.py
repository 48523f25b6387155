"""MLflow's search filters, and all pages of what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def equals(field: str, value: str) -> str:
    """Return a filter for an exact value.

    Raises:
        ValueError: The value holds both kinds of quotes; MLflow's filters cannot express it.
    """
    return f"{field} = {_quoted(value)}"


def alike(field: str, value: str) -> str:
    """Return a filter for a value without regard to case; of letters, digits and hyphens only."""
    return f"{field} ILIKE {_quoted(value)}"


def all_pages(search: Callable[[str | None], Any]) -> Iterator[Any]:
    """Every result of a search.

    Args:
        search: Returns the page with a token; None stands for the first.
    """
    token: str | None = None
    while True:
        page = search(token)
        yield from page
        token = page.token
        if not token:
            return


def _quoted(value: str) -> str:
    if "'" not in value:
        return f"'{value}'"
    if '"' not in value:
        return f'"{value}"'
    raise ValueError(f"{value!r} holds ' and \", which MLflow cannot search for. Use one of them")
