"""Experiments and runs while the server is away."""

from __future__ import annotations

from typing import Any

from mlflow.exceptions import RestException

from mlflow_ha.spool.naming import new_experiment_id, new_run_id
from mlflow_ha.spool.offline import (
    ARTIFACTS,
    Answer,
    Body,
    NotKnownHere,
    answers,
    from_here,
    now,
    with_tags,
)
from mlflow_ha.spool.shelf import Shelf

_DEFAULT_EXPERIMENT = "0"
_ROOT = "mlflow-artifacts:"


def artifacts_of_experiment(shelf: Shelf, experiment_id: str) -> str:
    """Return where an experiment keeps its artifacts, as far as is known here."""
    location: str = _experiment(shelf, experiment_id)["artifact_location"]
    return location.rstrip("/")


def _experiment(shelf: Shelf, experiment_id: str) -> Answer:
    """What is known of an experiment; one that was never seen is taken to exist."""
    name = "Default" if experiment_id == _DEFAULT_EXPERIMENT else f"experiment {experiment_id}"
    return shelf.get("experiment", experiment_id) or {
        "experiment_id": experiment_id,
        "name": name,
        "artifact_location": f"{_ROOT}/{experiment_id}",
        "lifecycle_stage": "active",
    }


def _told(experiment: Answer) -> Answer:
    return {"experiment": {**experiment, "tags": from_here(experiment.get("tags", []))}}


def _named(shelf: Shelf, name: str) -> Answer | None:
    return next((found for found in shelf.all("experiment") if found["name"] == name), None)


@answers("GetExperimentByName")
def get_experiment_by_name(body: Body, shelf: Shelf) -> Answer:
    name = body["experiment_name"]
    if found := _named(shelf, name):
        return _told(found)
    if name == "Default":
        return _told(_experiment(shelf, _DEFAULT_EXPERIMENT))
    # Whoever asks will then create it; the server decides later whether it existed.
    shelf.deny("CreateExperiment", name)
    raise RestException(
        {
            "error_code": "RESOURCE_DOES_NOT_EXIST",
            "message": f"MLflow is away, and no experiment named {name!r} was seen here",
        }
    )


@answers("GetExperiment")
def get_experiment(body: Body, shelf: Shelf) -> Answer:
    return _told(_experiment(shelf, body["experiment_id"]))


@answers("CreateExperiment")
def create_experiment(body: Body, shelf: Shelf) -> Answer:
    if _named(shelf, body["name"]):
        raise RestException(
            {
                "error_code": "RESOURCE_ALREADY_EXISTS",
                "message": f"Experiment(name={body['name']}) already exists",
            }
        )
    made = new_experiment_id()
    shelf.names.give(made)
    shelf.put(
        "experiment",
        made,
        {
            "experiment_id": made,
            "name": body["name"],
            "artifact_location": body.get("artifact_location") or f"{_ROOT}/{made}",
            "lifecycle_stage": "active",
            "creation_time": now(),
            "last_update_time": now(),
            "tags": body.get("tags", []),
        },
    )
    return {"experiment_id": made}


@answers("SetExperimentTag")
def set_experiment_tag(body: Body, shelf: Shelf) -> Answer:
    found = _experiment(shelf, body["experiment_id"])
    pair = {"key": body["key"], "value": body["value"]}
    tags = with_tags(found.get("tags", []), [pair])
    shelf.put("experiment", found["experiment_id"], {**found, "tags": tags})
    return {}


@answers("CreateRun")
def create_run(body: Body, shelf: Shelf) -> Answer:
    made, experiment_id = new_run_id(), body.get("experiment_id", _DEFAULT_EXPERIMENT)
    artifacts = f"{artifacts_of_experiment(shelf, experiment_id)}/{made}/artifacts"
    run = {
        "info": {
            "run_id": made,
            "run_uuid": made,
            "run_name": body.get("run_name", ""),
            "experiment_id": experiment_id,
            "user_id": body.get("user_id", ""),
            "status": "RUNNING",
            "start_time": body.get("start_time", now()),
            "artifact_uri": artifacts,
            "lifecycle_stage": "active",
        },
        "data": {"metrics": [], "params": [], "tags": body.get("tags", [])},
    }
    shelf.names.give(made, artifacts)
    shelf.put("run", made, run)
    return {"run": run}


def _id(body: Body) -> str:
    return str(body.get("run_id") or body["run_uuid"])


def _run(shelf: Shelf, body: Body) -> Answer:
    found = shelf.get("run", _id(body))
    if found is None:
        raise NotKnownHere
    return found


def _changed(shelf: Shelf, run: Answer) -> None:
    shelf.put("run", run["info"]["run_id"], run)


@answers("GetRun")
def get_run(body: Body, shelf: Shelf) -> Answer:
    run = _run(shelf, body)
    run["data"] = {**run["data"], "tags": from_here(run["data"].get("tags", []))}
    return {"run": run}


@answers("UpdateRun")
def update_run(body: Body, shelf: Shelf) -> Answer:
    run = shelf.get("run", _id(body)) or {"info": {"run_id": _id(body), "run_uuid": _id(body)}}
    changes = {k: body[k] for k in ("status", "end_time", "run_name") if k in body}
    run["info"] = {**run["info"], **changes}
    if "data" in run:
        _changed(shelf, run)
    return {"run_info": run["info"]}


@answers("DeleteRun", "RestoreRun")
def delete_or_restore_run(body: Body, shelf: Shelf) -> Answer:
    del body, shelf  # what it is called in the meantime is not changed here
    return {}


def _latest(metrics: list[Body], more: list[Body]) -> list[Body]:
    """The value of each metric that MLflow shows: of the last step, and then the last moment."""
    latest: dict[str, Body] = {}
    for metric in (*metrics, *more):
        if _place(metric) >= _place(latest.get(metric["key"], {})):
            latest[metric["key"]] = metric
    return list(latest.values())


def _place(metric: Body) -> tuple[int, int]:
    return int(metric.get("step", 0)), int(metric.get("timestamp", 0))


def _noted(shelf: Shelf, body: Body, **noted: list[Any]) -> Answer:
    """Note what was logged to a run, if the run was ever seen here."""
    run = shelf.get("run", _id(body))
    if run is None:
        return {}
    data = run.setdefault("data", {})
    for kind, pairs in noted.items():
        merge = _latest if kind == "metrics" else with_tags
        data[kind] = merge(data.get(kind, []), pairs)
    _changed(shelf, run)
    shelf.add_metrics(run["info"]["run_id"], noted.get("metrics", ()))
    return {}


@answers("LogMetric")
def log_metric(body: Body, shelf: Shelf) -> Answer:
    metric = {k: v for k, v in body.items() if k not in ("run_id", "run_uuid")}
    return _noted(shelf, body, metrics=[metric])


@answers("GetMetricHistory")
def get_metric_history(body: Body, shelf: Shelf) -> Answer:
    name = _run(shelf, body)["info"]["run_id"]
    if shelf.names.is_pending(name):
        return {"metrics": shelf.metrics(name, body["metric_key"])}
    raise NotKnownHere  # the server has the earlier part of it


@answers("LogParam")
def log_param(body: Body, shelf: Shelf) -> Answer:
    return _noted(shelf, body, params=[{"key": body["key"], "value": body["value"]}])


@answers("SetTag")
def set_tag(body: Body, shelf: Shelf) -> Answer:
    return _noted(shelf, body, tags=[{"key": body["key"], "value": body["value"]}])


@answers("LogBatch")
def log_batch(body: Body, shelf: Shelf) -> Answer:
    kinds = ("metrics", "params", "tags")
    return _noted(shelf, body, **{kind: body.get(kind, []) for kind in kinds})


@answers("DeleteTag")
def delete_tag(body: Body, shelf: Shelf) -> Answer:
    run = shelf.get("run", _id(body))
    if run is not None:
        tags = run["data"].get("tags", [])
        run["data"]["tags"] = [tag for tag in tags if tag["key"] != body["key"]]
        _changed(shelf, run)
    return {}


@answers("LogOutputs")
def log_outputs(body: Body, shelf: Shelf) -> Answer:
    run = shelf.get("run", _id(body))
    if run is not None:
        # Where MLflow looks for the model of a runs:/ address.
        outputs = run.setdefault("outputs", {})
        outputs["model_outputs"] = [*outputs.get("model_outputs", []), *body.get("models", [])]
        _changed(shelf, run)
    return {}


@answers("LogInputs", "LogModel", ARTIFACTS)
def noted_without_a_trace_here(body: Body, shelf: Shelf) -> Answer:
    del body, shelf  # nobody reads it back before the server has it
    return {}
