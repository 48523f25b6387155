"""A script that knows nothing of outages leaves the same on the server with one as without.

The server here is gone from the script's first line to its last, and nobody helps afterwards: a
successor sends what waits. Kills in between are in test_kills.py.
"""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.contents import plain
from tests.cluster.client.environment import Ready

NAMES = ("with", "without")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


def wait_for_the_last(server: Reached, name: str, seconds: float = 60) -> None:
    """Return once the trace has come, which the script logs last."""
    until = time.monotonic() + seconds
    while True:
        try:
            if server.contents.traces(f"experiment-{name}"):
                return
        except Exception:
            if time.monotonic() > until:
                raise
        assert time.monotonic() < until, "not everything came"
        time.sleep(0.2)


def told(server: Reached, name: str) -> dict[str, Any]:
    """What the script left, without what differs between two runs of it in any case."""
    contents, experiment = server.contents, f"experiment-{name}"
    runs = {plain(run)["name"].replace(name, "X"): run for run in contents.runs(experiment)}
    parent, child = runs["parent-X"], runs["child-X"]
    parent_id = parent["info"]["run_id"]
    models = {model["info"]["name"]: model for model in contents.models(experiment)}
    (version,) = contents.versions(f"model-{name}")
    (trace,) = contents.traces(experiment)
    files = {
        place: contents.files(thing["info"]["artifact_uri"])
        for place, thing in {"run": parent, **models}.items()
    }
    by_hand = models["by-hand"]["info"]["model_id"]
    return {
        "runs": {key: {**plain(run), "name": key} for key, run in runs.items()},
        "losses": [(m["step"], m["value"]) for m in contents.history(parent_id, "loss")],
        "child of": _tag(child, "mlflow.parentRunId") == parent_id,
        "inputs": [
            (i["dataset"]["name"], i["dataset"]["digest"])
            for i in parent["inputs"]["dataset_inputs"]
        ],
        "outputs": len(parent["outputs"]["model_outputs"]),
        "models": {
            key: (model["info"]["status"], model["info"]["source_run_id"] == parent_id)
            for key, model in models.items()
        },
        "files": {place: sorted(found) for place, found in files.items()},
        "notes": {k: v for k, v in files["run"].items() if k.startswith("notes")},
        "names in MLmodel": [
            by_hand in files["by-hand"]["MLmodel"].decode(),
            parent_id in files["by-hand"]["MLmodel"].decode(),
        ],
        "version": (version["version"], version["source"] == f"models:/{by_hand}"),
        "version's run": version.get("run_id") == parent_id,
        "aliases": contents.aliases(f"model-{name}"),
        "spans": sorted(span["name"] for span in contents.spans(trace["trace_id"])),
    }


def _tag(run: dict[str, Any], key: str) -> str | None:
    return next((t["value"] for t in run["data"]["tags"] if t["key"] == key), None)


def test_a_script_leaves_the_same_with_and_without_an_outage(
    ready: Ready, ours: Reached, spool: dict[str, str]
) -> None:
    without = ready.start("training", "without", **ours.variables, **spool)
    without.succeeded(120)
    with ours.door.closed():
        during = ready.start(
            "training", "with", **ours.variables, **spool, MLFLOW_HA_SPOOL_SUCCESSOR_HOURS=1
        )
        printed = during.succeeded(120)
        assert "operations for MLflow" in during.output
        assert not _exists(ours, "experiment-with")
    wait_for_the_last(ours, "with")
    assert told(ours, "with") == told(ours, "without")
    # The id that the script printed is found again.
    run = ours.contents.run("experiment-with", "parent-with")
    assert _tag(run, "mlflow_ha.local_id") in printed.split()


def _exists(server: Reached, experiment: str) -> bool:
    try:
        server.contents.experiment(experiment)
    except OSError:
        return False
    return True
