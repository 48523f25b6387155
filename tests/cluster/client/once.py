"""What scripts/everything.py leaves on a server, counted: each thing is there once or it is told."""

from typing import Any

from tests.cluster.client.contents import Contents, plain


def what_is_wrong(contents: Contents, name: str) -> list[str]:
    """Compare a server with what the script asked for; return every difference."""
    experiment = f"experiment-{name}"
    runs = contents.runs(experiment)
    models, versions = contents.models(experiment), contents.versions(f"model-{name}")
    traces = contents.traces(experiment)
    counts = {"runs": len(runs), "models": len(models), "versions": len(versions)}
    counts |= {"traces": len(traces)}
    wrong = [f"{count} {what}" for what, count in counts.items() if count != 1]
    if wrong:
        return wrong
    (run,), (model,), (version,), (trace,) = runs, models, versions, traces
    found = {**plain(run), **_around(contents, run, name)}
    found |= {
        "model": (
            model["info"]["status"],
            {p["key"]: p["value"] for p in model["data"].get("params", [])},
            model["info"]["source_run_id"] == run["info"]["run_id"],
        ),
        "version": (
            version["version"],
            version["source"] == f"models:/{model['info']['model_id']}",
            version["run_id"] == run["info"]["run_id"],
            version["description"],
        ),
        "alias": contents.aliases(f"model-{name}"),
        "spans": sorted(span["name"] for span in contents.spans(trace["trace_id"])),
    }
    expected = _expected(name)
    return [f"{k}: {found.get(k)} instead of {v}" for k, v in expected.items() if found.get(k) != v]


def _around(contents: Contents, run: dict[str, Any], name: str) -> dict[str, Any]:
    ident = run["info"]["run_id"]
    return {
        "history": sorted((m["step"], m["value"]) for m in contents.history(ident, "m")),
        "inputs": [i["dataset"]["name"] for i in run.get("inputs", {}).get("dataset_inputs", [])],
        "outputs": len(run.get("outputs", {}).get("model_outputs", [])),
        "file": contents.files(run["info"]["artifact_uri"]).get("files/a.txt"),
        "name": run["info"]["run_name"].replace(name, "X"),
    }


def _expected(name: str) -> dict[str, Any]:
    return {
        "name": "X",
        "status": "FINISHED",
        "params": {"p": "1", "q": "2"},
        "metrics": {("one", 3): 1.0, ("two", 4): 2.0, ("three", 4): 3.0, ("m", 2): 2.0},
        "tags": {"t": "1", "u": "3"},
        "history": [(1, 1.0), (2, 2.0)],
        "inputs": ["data"],
        "outputs": 1,
        "file": f"artifact of {name}".encode(),
        "model": ("LOGGED_MODEL_READY", {"x": "1", "y": "2"}, True),
        "version": ("1", True, True, "e"),
        "alias": {"champion": "1"},
        "spans": ["inner", "outer"],
    }
