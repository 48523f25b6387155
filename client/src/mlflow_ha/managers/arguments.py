"""What is asked of arguments, with an error that names the value and the rule. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any


def text_is_needed(**values: Any) -> None:
    """Return if every value is a text that is not empty.

    Raises:
        ValueError: One is not.
    """
    for name, value in values.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name}={value!r} is needed, as text that is not empty")


def number_needed(name: str, value: Any) -> float:
    """Return a number.

    Raises:
        ValueError: It is none, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"{name}={value!r} is needed, as a finite number")
    return float(value)


def number_in_text(name: str, text: Any) -> float:
    """Return the number that a text holds.

    Raises:
        ValueError: It holds none.
    """
    try:
        return float(text)
    except (TypeError, ValueError):
        raise ValueError(f"{name}={text!r} holds no number") from None


def numbers(values: Mapping[str, Any], what: str) -> dict[str, float]:
    """Return metrics as plain numbers.

    Raises:
        ValueError: One is none.
    """
    try:
        return {str(name): float(value) for name, value in values.items()}
    except (TypeError, ValueError, AttributeError):
        raise ValueError(
            f"{what}={values!r}: expected names with numbers, such as {{'accuracy': 0.9}}"
        ) from None
