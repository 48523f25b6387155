"""Traces while the server is away. Their ids are the client's own, so that nothing is renamed."""

from __future__ import annotations

from mlflow_ha.spans import API as LOG_SPANS
from mlflow_ha.spool.naming import at
from mlflow_ha.spool.offline import Answer, Body, answers
from mlflow_ha.spool.offline.tracking import artifacts_of_experiment
from mlflow_ha.spool.shelf import Shelf

_EXPERIMENT = ("trace_location", "mlflow_experiment", "experiment_id")


@answers("StartTraceV3")
def start_trace(body: Body, shelf: Shelf) -> Answer:
    trace = body["trace"]
    info = trace["trace_info"]
    location = artifacts_of_experiment(shelf, at(info, _EXPERIMENT) or "0")
    tags = {
        **info.get("tags", {}),
        "mlflow.artifactLocation": f"{location}/traces/{info['trace_id']}/artifacts",
        # The spans wait too: MLflow is not to put them into a file as well.
        "mlflow.trace.spansLocation": "TRACKING_STORE",
    }
    return {"trace": {**trace, "trace_info": {**info, "tags": tags}}}


@answers(LOG_SPANS, "SetTraceTag", "DeleteTraceTag", "LinkTracesToRun", "LinkPromptsToTrace")
def noted_without_a_trace_here(body: Body, shelf: Shelf) -> Answer:
    del body, shelf  # nobody reads it back before the server has it
    return {}
