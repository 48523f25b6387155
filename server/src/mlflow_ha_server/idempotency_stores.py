"""Lets an interrupted request be run again without its first transaction.

A request whose key was committed but whose answer was not kept is sent through MLflow again. The
store's method whose transaction carried the key does not run then: it returns what it had made. All
that MLflow does after it (grants, webhooks, the answer itself) runs, and may run a second time.

Each method below writes in one transaction in MLflow 3.17.2, which
tests/unit/server/test_server_idempotency_stores.py reads in its source.
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Any

from mlflow.entities import Run, RunInputs
from mlflow.entities.trace_info_v2 import TraceInfoV2
from mlflow.utils import mlflow_tags

from mlflow_ha_server import idempotency_claim
from mlflow_ha_server.idempotency_records import Made

Recall = Callable[[Any, Made, Mapping[str, Any]], Any]
"""From the store, what was made, and the method's arguments, to what the method returned."""


def _nothing(_store: Any, _made: Made, _given: Mapping[str, Any]) -> None:
    """Return what a method returns that returns nothing."""


def _run(store: Any, made: Made, _given: Mapping[str, Any]) -> Run:
    run = store.get_run(made["runs"]["run_uuid"])
    return Run(run.info, run.data, RunInputs(dataset_inputs=[]))


def _dataset(store: Any, made: Made, _given: Mapping[str, Any]) -> Any:
    dataset = store.get_dataset(made["evaluation_datasets"]["dataset_id"])
    dataset.experiment_ids = store.get_dataset_experiment_ids(dataset.dataset_id)
    return dataset


TRACKING: Mapping[str, Recall] = {
    "create_experiment": lambda _, made, __: made["experiments"]["experiment_id"],
    "create_run": _run,
    "create_logged_model": lambda store, made, _: store.get_logged_model(
        made["logged_models"]["model_id"], allow_deleted=True
    ),
    # Its id is the client's, and log_spans may have made the row before.
    "start_trace": lambda store, _, given: store.get_trace_info(given["trace_info"].trace_id),
    "deprecated_start_trace_v2": lambda store, made, _: TraceInfoV2.from_v3(
        store.get_trace_info(made["trace_info"]["request_id"])
    ),
    "create_assessment": lambda store, made, given: store.get_assessment(
        given["assessment"].trace_id, made["assessments"]["assessment_id"]
    ),
    "create_dataset": _dataset,
    "log_outputs": _nothing,
    "log_logged_model_params": _nothing,
    "delete_tag": _nothing,
    "delete_experiment": _nothing,
    "restore_experiment": _nothing,
}
REGISTRY: Mapping[str, Recall] = {
    "create_registered_model": lambda store, made, _: store.get_registered_model(
        made["registered_models"]["name"]
    ),
    "create_model_version": lambda store, made, _: store.get_model_version(
        made["model_versions"]["name"], made["model_versions"]["version"]
    ),
    "rename_registered_model": lambda store, _, given: store.get_registered_model(
        given["new_name"]
    ),
    "delete_registered_model": _nothing,
    "delete_model_version": _nothing,
}


def attach(tracking: Any, registry: Any) -> None:
    """Put the methods above behind ones that remember.

    Args:
        tracking: MLflow's tracking store of this process.
        registry: its model registry store.
    """
    for store, recalls in ((tracking, TRACKING), (registry, REGISTRY)):
        for name, recall in recalls.items():
            setattr(store, name, _remembering(store, name, recall))
    tracking.set_model_versions_tags = _listing_once(tracking)


def _remembering(store: Any, name: str, recall: Recall) -> Callable[..., Any]:
    original = getattr(store, name)
    parameters = signature(original)

    @wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        claim = idempotency_claim.current()
        if claim is None:
            return original(*args, **kwargs)
        if first := claim.finishes(name):
            return recall(store, first.made, parameters.bind(*args, **kwargs).arguments)
        outer, claim.method = claim.method, name
        try:
            return original(*args, **kwargs)
        finally:
            claim.method = outer

    return method


def _listing_once(store: Any) -> Callable[[str, Any, str], None]:
    """The step after create_model_version: notes the version in a tag of its logged model.

    MLflow's, done again for the same version, drops all others from the tag
    (store/tracking/abstract_store.py).
    """
    original = store.set_model_versions_tags

    @wraps(original)
    def method(name: str, version: Any, model_id: str) -> None:
        claim = idempotency_claim.current()
        if claim and claim.finishes("create_model_version"):
            tag = store.get_logged_model(model_id).tags.get(mlflow_tags.MLFLOW_MODEL_VERSIONS)
            if {"name": name, "version": version} in json.loads(tag or "[]"):
                return
        original(name=name, version=version, model_id=model_id)

    return method
