"""What the client costs when all is well: milliseconds per call and seconds of `import mlflow`.

Stock MLflow, the client, and the client with a spool do the same calls on one server, in small
turns there and back (A B C C B A), so that whatever else the machine does meets all three alike.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from bench.bare import PROMPT, bare_mlflow
from bench.clients import Client, client, pythons, variables
from bench.side import BenchError
from bench.summary import percentile

AIMED_MS, AIMED_SHARE, AIMED_IMPORT_MS = 0.5, 0.03, 50.0
SHARES = (50, 99)
CONFIDENCE = 0.95
# Patient: a server that is slow for a moment is not to be taken for one that is away.
_SPOOL = {
    "MLFLOW_HA_SPOOL": "1",
    "MLFLOW_HA_SPOOL_PATIENCE": "60",
    "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "0",
}
WAYS: dict[str, dict[str, str]] = {"stock": {}, "client": {}, "client, spool": _SPOOL}
CALLS = ("log_metric", "log_batch", "get_run")
_TURN = 25
_WARM_UP = 50
_IMPORT = "import time; b = time.perf_counter(); import mlflow; print(time.perf_counter() - b)"
_IMPORT_SECONDS = 120

Progress = Callable[[str], None]


def measure(calls: int, imports: int, progress: Progress) -> dict[str, Any]:
    """Measure calls and imports.

    Args:
        calls: Of each kind and way, at least.
        imports: Of each way, at least.
        progress: Told now and then.

    Raises:
        BenchError: A client failed, or MLflow did not use what was to be measured.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlflow-ha-bench-")))
        progress("making the clients' environments")
        stock, ours = pythons(folder)
        importing = _imports(stock, ours, imports, progress)
        progress("starting a stock MLflow server")
        side = stack.enter_context(bare_mlflow(*PROMPT))
        clients = {}
        for way, extra in WAYS.items():
            place = folder / way.replace(", ", "-")
            places = {"MLFLOW_TRACKING_URI": side.url, "MLFLOW_HA_SPOOL_DIR": str(place / "spool")}
            one = client(stock if way == "stock" else ours, place, **places, **extra)
            clients[way] = stack.enter_context(one)
        _warm_up(clients)
        taken = {call: _taken(clients, call, calls, progress) for call in CALLS}
    result = {call: _figures(taken[call]) for call in CALLS}
    return {
        "plan": {"calls_of_each": calls, "imports_of_each": imports, "calls_per_turn": _TURN},
        "calls": result,
        "import_ms": importing,
        "aims": {
            "added_per_call": {
                "at_most_ms": AIMED_MS,
                "or_at_most_share": AIMED_SHARE,
                "confidence": CONFIDENCE,
                "met": {
                    f"{call}, {way}, {share.removesuffix('_ms')}": added["met"]
                    for call in CALLS
                    for way, shares in result[call]["added"].items()
                    for share, added in shares.items()
                },
            },
            "added_to_import": {
                "at_most_ms": AIMED_IMPORT_MS,
                "measured": importing["added"],
                "met": importing["added"] <= AIMED_IMPORT_MS,
            },
        },
    }


def _warm_up(clients: dict[str, Client]) -> None:
    for way, one in clients.items():
        store = one.ask("begin", experiment=f"cost-{uuid.uuid4().hex}")
        if store.startswith("mlflow_ha.") == (way == "stock"):
            raise BenchError(f"{way}: MLflow uses {store}. Nothing was measured")
        for call in CALLS:
            one.ask("timed", call=call, times=_WARM_UP)


def _taken(
    clients: dict[str, Client], call: str, calls: int, progress: Progress
) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {way: [] for way in clients}
    while len(taken["stock"]) < calls:
        for way in (*clients, *reversed(clients)):
            taken[way] += clients[way].ask("timed", call=call, times=_TURN)
        if len(taken["stock"]) % 500 == 0:
            progress(f"{call}: {len(taken['stock'])} of {calls} calls of each")
    return taken


def _figures(taken: dict[str, list[float]]) -> dict[str, Any]:
    """Percentiles of each way, and what a way adds to stock at each."""
    found = {
        way: {f"p{share}_ms": round(percentile(each, share) * 1000, 3) for share in SHARES}
        for way, each in taken.items()
    }
    return {
        "calls": {way: len(each) for way, each in taken.items()},
        **found,
        "added": {
            way: {f"p{share}_ms": _added(taken[way], taken["stock"], share) for share in SHARES}
            for way in sorted(taken.keys() - {"stock"})
        },
    }


def _added(ours: list[float], stock: list[float], share: int) -> dict[str, Any]:
    """What is added at one percentile, between which bounds it lies, and whether that is in the aim.

    A percentile far out moves from run to run by more than what is looked for; the bounds say by how
    much. `met` is None where they include the aim: so many calls do not decide it.
    """

    def difference(left: Any, right: Any, axis: int) -> Any:
        return np.percentile(left, share, axis=axis) - np.percentile(right, share, axis=axis)

    drawn = stats.bootstrap(
        (ours, stock),
        difference,
        confidence_level=CONFIDENCE,
        n_resamples=999,
        batch=100,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    low, high = (float(bound) * 1000 for bound in drawn)
    allowed = max(AIMED_MS, AIMED_SHARE * percentile(stock, share) * 1000)
    return {
        "ms": round((percentile(ours, share) - percentile(stock, share)) * 1000, 3),
        "between_ms": [round(low, 3), round(high, 3)],
        "allowed_ms": round(allowed, 3),
        "met": True if high <= allowed else False if low > allowed else None,
    }


def _imports(stock: Path, ours: Path, times: int, progress: Progress) -> dict[str, Any]:
    pair = {"stock": stock, "client": ours}
    taken: dict[str, list[float]] = {way: [] for way in pair}
    for python in pair.values():
        _import_ms(python)  # what is compiled and read from the disk at first
    while len(taken["stock"]) < times:
        for way in (*pair, *reversed(pair)):
            taken[way].append(_import_ms(pair[way]))
        progress(f"import mlflow: {len(taken['stock'])} of {times} of each")
    medians = {way: round(statistics.median(each), 1) for way, each in taken.items()}
    return {
        "median": medians,
        "added": round(medians["client"] - medians["stock"], 1),
        "all": {way: [round(ms, 1) for ms in each] for way, each in taken.items()},
    }


def _import_ms(python: Path) -> float:
    done = subprocess.run(
        [str(python), "-c", _IMPORT],
        env=variables(), capture_output=True, text=True, timeout=_IMPORT_SECONDS, check=True,
    )  # fmt: skip
    return float(done.stdout) * 1000
