"""Logged models while the server is away."""

from __future__ import annotations

from mlflow_ha.spool.naming import new_model_id
from mlflow_ha.spool.offline import Answer, Body, NotKnownHere, answers, from_here, now, with_tags
from mlflow_ha.spool.offline.tracking import artifacts_of_experiment
from mlflow_ha.spool.shelf import Shelf


@answers("CreateLoggedModel")
def create_logged_model(body: Body, shelf: Shelf) -> Answer:
    made, experiment_id = new_model_id(), body["experiment_id"]
    artifacts = f"{artifacts_of_experiment(shelf, experiment_id)}/models/{made}/artifacts"
    model = {
        "info": {
            "model_id": made,
            "experiment_id": experiment_id,
            "name": body.get("name") or made,
            "creation_timestamp_ms": now(),
            "last_updated_timestamp_ms": now(),
            "artifact_uri": artifacts,
            "status": "LOGGED_MODEL_PENDING",
            "model_type": body.get("model_type", ""),
            "source_run_id": body.get("source_run_id", ""),
            "tags": body.get("tags", []),
        },
        "data": {"params": body.get("params", []), "metrics": []},
    }
    shelf.names.give(made, artifacts)
    shelf.put("model", made, model)
    return {"model": model}


def _model(shelf: Shelf, body: Body) -> Answer:
    found = shelf.get("model", body["model_id"])
    if found is None:
        raise NotKnownHere
    return found


@answers("GetLoggedModel")
def get_logged_model(body: Body, shelf: Shelf) -> Answer:
    model = _model(shelf, body)
    model["info"] = {**model["info"], "tags": from_here(model["info"].get("tags", []))}
    return {"model": model}


@answers("FinalizeLoggedModel")
def finalize_logged_model(body: Body, shelf: Shelf) -> Answer:
    return _changed(shelf, _model(shelf, body), {"status": body["status"]})


@answers("SetLoggedModelTags")
def set_logged_model_tags(body: Body, shelf: Shelf) -> Answer:
    model = _model(shelf, body)
    tags = with_tags(model["info"].get("tags", []), body.get("tags", []))
    return _changed(shelf, model, {"tags": tags})


def _changed(shelf: Shelf, model: Answer, changes: Body) -> Answer:
    model["info"] = {**model["info"], **changes, "last_updated_timestamp_ms": now()}
    shelf.put("model", model["info"]["model_id"], model)
    return {"model": model}


@answers("LogLoggedModelParamsRequest")
def log_logged_model_params(body: Body, shelf: Shelf) -> Answer:
    model = shelf.get("model", body["model_id"])
    if model is not None:
        data = model.setdefault("data", {})
        data["params"] = with_tags(data.get("params", []), body.get("params", []))
        shelf.put("model", model["info"]["model_id"], model)
    return {}
