"""Calls of mlflow.log_metric a second, coalesced and stock, in turns on one server: A B C C B A.

A turn logs to a run of its own as fast as it goes and then ends the run; it is over when the end is
acknowledged, and by then everything is on the server. What is there is counted afterwards.
"""

from __future__ import annotations

import statistics
import tempfile
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from bench.bare import PROMPT, bare_mlflow
from bench.clients import Client, client, pythons
from bench.side import BenchError, Side

AIMED_RATIO = 10.0
_ON = {"MLFLOW_HA_COALESCE": "1"}
# Patient: a server that is slow for a moment is not to be taken for one that is away.
_SPOOL = {
    "MLFLOW_HA_SPOOL": "1",
    "MLFLOW_HA_SPOOL_PATIENCE": "60",
    "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "0.1",
}
WAYS: dict[str, dict[str, str] | None] = {
    "stock": None,
    "coalesced": _ON,
    "coalesced, spool": {**_ON, **_SPOOL},
    "coalesced, spool, on disk before each call returns": {
        **_ON, **_SPOOL, "MLFLOW_HA_COALESCE_SECONDS": "0",
    },
}  # fmt: skip
"""Variables of each client; None: without the wheel."""
_ANSWER_SECONDS = 120.0

Progress = Callable[[str], None]


def measure(rounds: int, seconds: float, progress: Progress) -> dict[str, Any]:
    """Measure each way in turns.

    Args:
        rounds: Turns of each way; two make one there and back.
        seconds: Of calls in one turn.
        progress: Told after each turn.

    Raises:
        BenchError: A client failed, or something it logged is not on the server, or there twice.
    """
    turns: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlflow-ha-bench-")))
        progress("starting a stock MLflow server and a client of each kind")
        side = stack.enter_context(bare_mlflow(*PROMPT))
        clients = _clients(stack, folder, side)
        for number in range(rounds):
            for way in list(WAYS)[:: 1 if number % 2 == 0 else -1]:
                turn = _turn(clients[way], side, seconds)
                turns[way].append(turn)
                progress(f"{way}: {turn['calls_per_s']:.0f} calls/s")
    ratios = {way: _ratio(turns[way], turns["stock"]) for way in WAYS if way != "stock"}
    return {
        "plan": {"turns": rounds, "seconds_of_calls": seconds, "call": "mlflow.log_metric"},
        "variables": WAYS,
        "turns": turns,
        "calls_per_s": {
            way: round(statistics.median(turn["calls_per_s"] for turn in turns[way]), 1)
            for way in WAYS
        },
        "ratio_to_stock": ratios,
        "aim": {
            "ratio_at_least": AIMED_RATIO,
            "measured": ratios["coalesced"]["median"],
            "met": ratios["coalesced"]["median"] >= AIMED_RATIO,
        },
    }


def _clients(stack: ExitStack, folder: Path, side: Side) -> dict[str, Client]:
    stock, ours = pythons(folder)
    made = {}
    for number, (way, variables) in enumerate(WAYS.items()):
        place = folder / str(number)
        made[way] = stack.enter_context(
            client(
                stock if variables is None else ours,
                place,
                MLFLOW_TRACKING_URI=side.url,
                MLFLOW_HA_SPOOL_DIR=str(place / "spool"),
                **(variables or {}),
            )
        )
    for way, one in made.items():
        store = one.ask("begin", experiment=f"warm-up-{uuid.uuid4().hex}")
        if store.startswith("mlflow_ha.") == (way == "stock"):
            raise BenchError(f"{way}: MLflow uses {store}. Nothing was measured")
        one.ask("timed", call="log_metric", times=20)
    return made


def _turn(one: Client, side: Side, seconds: float) -> dict[str, Any]:
    turn = one.ask("burst", experiment=f"burst-{uuid.uuid4().hex}", seconds=seconds)
    run = turn.pop("run")
    answer = httpx.get(
        f"{side.url}/api/2.0/mlflow/metrics/get-history",
        params={"run_id": run, "metric_key": "m"},
        timeout=_ANSWER_SECONDS,
    )
    steps = [int(metric["step"]) for metric in answer.raise_for_status().json().get("metrics", [])]
    if sorted(steps) != list(range(turn["calls"])):
        raise BenchError(f"{turn['calls']} calls, but {len(steps)} values are on the server")
    return {
        "calls": turn["calls"],
        "seconds_of_calls": round(turn["seconds_of_calls"], 3),
        "seconds_until_all_are_there": round(turn["seconds"], 3),
        "calls_per_s": round(turn["calls"] / turn["seconds"], 1),
    }


def _ratio(turns: list[dict[str, Any]], stock: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = [
        round(a["calls_per_s"] / b["calls_per_s"], 2) for a, b in zip(turns, stock, strict=True)
    ]
    return {"turns": pairs, "median": round(statistics.median(pairs), 2), "min": min(pairs)}
