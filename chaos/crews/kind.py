"""Which clients work side by side, and how each of them is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEADLINE = 300.0
"""Seconds a call of the shim may take: its own default, stated."""
ATTEMPT = 10
"""Seconds an attempt waits for its answer. MLflow's default is 120 s, with which a client whose
connection went silent says nothing for two minutes."""
COMMON = {"MLFLOW_HTTP_REQUEST_TIMEOUT": str(ATTEMPT), "MLFLOW_DISABLE_TELEMETRY": "true"}


@dataclass(frozen=True)
class CrewKind:
    """A client as some users have it.

    Attributes:
        name: In results.
        gives_up: When a call fails, in words.
        shim: Whether mlflow-ha is installed.
        spools: Whether its calls go on without the server.
        variables: The environment that makes it so.
    """

    name: str
    gives_up: str
    shim: bool = False
    spools: bool = False
    variables: Mapping[str, str] = field(default_factory=lambda: COMMON)


STOCK = CrewKind(
    "stock",
    f"after MLflow's 7 retries of {ATTEMPT} s at most each: 4 minutes after the first attempt, "
    "sooner where the server says when to retry",
)
SHIM = CrewKind(
    "shim",
    f"{DEADLINE:g} s after the call",
    shim=True,
    variables={**COMMON, "MLFLOW_HA_DEADLINE": f"{DEADLINE:g}"},
)
SPOOL = CrewKind(
    "shim-spool",
    "never, where it can go on without the server",
    shim=True,
    spools=True,
    # The replay is asked for at the end, and timed: no process of it may outlive the drill.
    variables={
        **COMMON,
        "MLFLOW_HA_DEADLINE": f"{DEADLINE:g}",
        "MLFLOW_HA_SPOOL": "1",
        "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "0",
    },
)
ALL = (STOCK, SHIM, SPOOL)
