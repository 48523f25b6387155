"""What the document asked for that this breaker was made from: its code runs as it stands there.

documents/circuit_breaker.md is that part of it, unchanged. Its breaker and ours are put through the
same steps, and its settings have the names, defaults, bounds and descriptions that ours have.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Le
from mlflow_ha.breaker import MLflowCircuitBreaker
from mlflow_ha.errors import CircuitBreakerOpenError
from mlflow_ha.settings import MLflowSettings
from pydantic import Field
from pydantic_settings import BaseSettings

DOCUMENT = Path(__file__).parent / "documents" / "circuit_breaker.md"
BREAKER, SETTINGS = re.findall(
    r"^```python\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def executed(code: str, **names: Any) -> dict[str, Any]:
    exec(compile(code, DOCUMENT.name, "exec"), names)  # noqa: S102  (what the document says)
    return names


class Time:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


def both(clock: Time, *arguments: int, **named: Any) -> list[Any]:
    """Return the document's breaker and ours, made alike."""

    def refusal(text: str) -> CircuitBreakerOpenError:
        return CircuitBreakerOpenError(text, server="", state="OPEN", retry_after=0)

    names = executed(BREAKER, time=clock, CircuitBreakerOpenError=refusal)
    theirs = names["MLflowCircuitBreaker"](*arguments, **named)
    return [theirs, MLflowCircuitBreaker(*arguments, clock=clock.time, **named)]


class Failed(Exception):  # noqa: N818  (says what)
    """What an operation raises."""


async def answer() -> str:
    return "yes"


async def fail() -> None:
    raise Failed


@pytest.mark.parametrize(
    ("arguments", "named"),
    [((), {}), ((2,), {}), ((2, 30), {}), ((), {"failure_threshold": 3, "recovery_timeout": 90})],
)
def test_it_is_made_as_documented(arguments: tuple[int, ...], named: dict[str, int]) -> None:
    theirs, ours = both(Time(), *arguments, **named)
    for name in (
        "failure_threshold",
        "recovery_timeout",
        "failure_count",
        "last_failure_time",
        "state",
    ):
        assert getattr(ours, name) == getattr(theirs, name), name


async def test_it_opens_refuses_half_opens_and_closes_as_documented() -> None:
    clock = Time()
    told: list[list[object]] = []
    for breaker in both(clock, 2, 60):
        clock.now = 1000.0
        seen: list[object] = [await breaker.call_with_circuit_breaker(answer), breaker.state]
        for _ in range(2):
            with pytest.raises(Failed):
                await breaker.call_with_circuit_breaker(fail)
            seen += [str(breaker.state), breaker.failure_count, breaker.last_failure_time]
        clock.now += 59
        with pytest.raises(CircuitBreakerOpenError, match="MLflow service unavailable"):
            await breaker.call_with_circuit_breaker(answer)
        clock.now += 1.5
        seen += [await breaker.call_with_circuit_breaker(answer), str(breaker.state)]
        seen.append(breaker.failure_count)
        told.append(seen)
    assert told[0] == told[1]
    assert told[0][-2:] == ["CLOSED", 0]


async def test_a_failure_while_half_open_opens_it_again_as_documented() -> None:
    clock = Time()
    for breaker in both(clock, 2, 60):
        for _ in range(2):
            with pytest.raises(Failed):
                await breaker.call_with_circuit_breaker(fail)
        clock.now += 61
        with pytest.raises(Failed):
            await breaker.call_with_circuit_breaker(fail)
        assert breaker.state == "OPEN"


def documented_settings() -> type[BaseSettings]:
    made: type[BaseSettings] = executed(SETTINGS, BaseSettings=BaseSettings, Field=Field)[
        "MLflowSettings"
    ]
    return made


def bounds(field: Any) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for limit in field.metadata:
        if isinstance(limit, Ge):
            limits["at least"] = limit.ge
        if isinstance(limit, Le):
            limits["at most"] = limit.le
    return limits


@pytest.mark.parametrize("name", documented_settings().model_fields)
def test_a_setting_is_as_documented(name: str) -> None:
    theirs, ours = documented_settings().model_fields[name], MLflowSettings.model_fields[name]
    assert ours.annotation is theirs.annotation
    assert ours.default == theirs.default
    assert bounds(ours) == bounds(theirs)
    assert (ours.description or "").startswith(theirs.description or "-")


def test_the_document_names_three_settings_and_the_four_that_were_there_before() -> None:
    assert set(documented_settings().model_fields) == {
        "enable_circuit_breaker",
        "circuit_breaker_failure_threshold",
        "circuit_breaker_recovery_timeout",
    }
    settings = MLflowSettings(tracking_uri="http://127.0.0.1:5000")
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in ("max_retries", "retry_delay", "connection_timeout", "effective_tracking_uri"):
        assert f"{name}`" in text
        assert getattr(settings, name) is not None
