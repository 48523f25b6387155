"""Registered models and their versions while the server is away.

A version's number is the server's to give. Until then it has one above two thousand million, and
says in its status message that it waits.
"""

from __future__ import annotations

from mlflow.exceptions import RestException

from mlflow_ha.spool.naming import new_version
from mlflow_ha.spool.offline import Answer, Body, NotKnownHere, answers, from_here, now, with_tags
from mlflow_ha.spool.shelf import Shelf

PENDING = "waits in the spool of mlflow-ha; the server gives its number when it is back"
_KIND = "registered model"


@answers("CreateRegisteredModel")
def create_registered_model(body: Body, shelf: Shelf) -> Answer:
    if shelf.get(_KIND, body["name"]):
        raise RestException(
            {
                "error_code": "RESOURCE_ALREADY_EXISTS",
                "message": f"Registered Model (name={body['name']}) already exists",
            }
        )
    made = {
        "name": body["name"],
        "creation_timestamp": now(),
        "last_updated_timestamp": now(),
        "description": body.get("description", ""),
        "tags": body.get("tags", []),
    }
    shelf.put(_KIND, body["name"], made)
    return {"registered_model": made}


@answers("GetRegisteredModel")
def get_registered_model(body: Body, shelf: Shelf) -> Answer:
    if found := shelf.get(_KIND, body["name"]):
        return {"registered_model": {**found, "tags": from_here(found.get("tags", []))}}
    # Whoever asks will then create it; the server decides later whether it existed.
    shelf.deny("CreateRegisteredModel", body["name"])
    raise RestException(
        {
            "error_code": "RESOURCE_DOES_NOT_EXIST",
            "message": f"MLflow is away, and no registered model named {body['name']!r} was seen here",
        }
    )


@answers("UpdateRegisteredModel")
def update_registered_model(body: Body, shelf: Shelf) -> Answer:
    found = shelf.get(_KIND, body["name"])
    if found is None:
        raise NotKnownHere
    changed = {**found, "description": body.get("description", "")}
    shelf.put(_KIND, body["name"], changed)
    return {"registered_model": changed}


@answers("SetRegisteredModelTag")
def set_registered_model_tag(body: Body, shelf: Shelf) -> Answer:
    if found := shelf.get(_KIND, body["name"]):
        pair = {"key": body["key"], "value": body["value"]}
        tags = with_tags(found.get("tags", []), [pair])
        shelf.put(_KIND, body["name"], {**found, "tags": tags})
    return {}


@answers("SetRegisteredModelAlias")
def set_registered_model_alias(body: Body, shelf: Shelf) -> Answer:
    shelf.put("alias", f"{body['name']}@{body['alias']}", {"version": body["version"]})
    return {}


@answers("DeleteRegisteredModelAlias")
def delete_registered_model_alias(body: Body, shelf: Shelf) -> Answer:
    shelf.take("alias", f"{body['name']}@{body['alias']}")
    return {}


@answers("GetModelVersionByAlias")
def get_model_version_by_alias(body: Body, shelf: Shelf) -> Answer:
    alias = shelf.get("alias", f"{body['name']}@{body['alias']}")
    if alias is None:
        raise NotKnownHere
    return get_model_version({"name": body["name"], "version": alias["version"]}, shelf)


@answers("CreateModelVersion")
def create_model_version(body: Body, shelf: Shelf) -> Answer:
    version = new_version()
    made = {
        "name": body["name"],
        "version": version,
        "creation_timestamp": now(),
        "last_updated_timestamp": now(),
        "current_stage": "None",
        "description": body.get("description", ""),
        "source": body.get("source", ""),
        "run_id": body.get("run_id", ""),
        "model_id": body.get("model_id", ""),
        # Not PENDING_REGISTRATION: MLflow would ask for five minutes whether it is ready.
        "status": "READY",
        "status_message": PENDING,
        "tags": from_here(body.get("tags", []), PENDING),
    }
    shelf.names.give(version)
    shelf.put("version", _place(body["name"], version), made)
    return {"model_version": made}


def _version(body: Body, shelf: Shelf) -> Answer:
    found = shelf.get("version", _place(body["name"], body["version"]))
    if found is None:
        raise NotKnownHere
    return found


@answers("GetModelVersion")
def get_model_version(body: Body, shelf: Shelf) -> Answer:
    return {"model_version": _version(body, shelf)}


@answers("GetModelVersionDownloadUri")
def get_model_version_download_uri(body: Body, shelf: Shelf) -> Answer:
    return {"artifact_uri": _version(body, shelf)["source"]}


@answers("UpdateModelVersion")
def update_model_version(body: Body, shelf: Shelf) -> Answer:
    return _changed(shelf, body, {"description": body.get("description", "")})


@answers("TransitionModelVersionStage")
def transition_model_version_stage(body: Body, shelf: Shelf) -> Answer:
    return _changed(shelf, body, {"current_stage": body["stage"]})


@answers("SetModelVersionTag")
def set_model_version_tag(body: Body, shelf: Shelf) -> Answer:
    if found := shelf.get("version", _place(body["name"], body["version"])):
        pair = {"key": body["key"], "value": body["value"]}
        _changed(shelf, body, {"tags": with_tags(found.get("tags", []), [pair])})
    return {}


def _changed(shelf: Shelf, body: Body, changes: Body) -> Answer:
    changed = {**_version(body, shelf), **changes, "last_updated_timestamp": now()}
    shelf.put("version", _place(body["name"], body["version"]), changed)
    return {"model_version": changed}


def _place(name: str, version: str) -> str:
    return f"{name}/{version}"
