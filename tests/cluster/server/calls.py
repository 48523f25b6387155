"""Calls that together reach every kind of endpoint that uses the database."""

import contextlib
import os
import time
from typing import Any

import requests

from tests.cluster.server.instance import MLFLOW_ADMIN

USER = ("someone", "password-of-someone")


def make_user(url: str) -> None:
    """Create a user who is no administrator and may edit nothing by default."""
    requests.post(
        f"{url}/api/2.0/mlflow/users/create",
        json={"username": USER[0], "password": USER[1]}, auth=MLFLOW_ADMIN, timeout=60,
    )  # fmt: skip


def everything(url: str, credentials: tuple[str, str]) -> None:
    """Create, change, search and delete each kind of thing, as this user."""
    import mlflow  # noqa: PLC0415
    from mlflow import MlflowClient  # noqa: PLC0415
    from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415

    os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = credentials
    os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
    mlflow.set_tracking_uri(url)
    client = MlflowClient()
    mark = f"{credentials[0]}-{time.time_ns()}"
    experiment = client.create_experiment(f"depth-{mark}", tags={"a": "b"})
    client.set_experiment_tag(experiment, "k", "v")
    client.rename_experiment(experiment, f"depth-renamed-{mark}")
    client.get_experiment_by_name(f"depth-renamed-{mark}")
    client.search_experiments(filter_string="name LIKE 'depth%'")
    run = client.create_run(experiment, tags={"t": "1"})
    ident = run.info.run_id
    client.log_metric(ident, "m", 1.0, step=1)
    client.log_param(ident, "p", "1")
    client.set_tag(ident, "tag", "1")
    client.delete_tag(ident, "tag")
    client.log_batch(
        ident,
        metrics=[Metric(f"m{i}", i, 1, 1) for i in range(100)],
        params=[Param(f"p{i}", str(i)) for i in range(50)],
        tags=[RunTag(f"t{i}", str(i)) for i in range(50)],
    )
    # The deepest call: a run's name among the tags of a batch.
    client.log_batch(ident, tags=[RunTag("mlflow.runName", "named")])
    client.set_tag(ident, "mlflow.runName", "named again")
    client.log_inputs(
        ident,
        [mlflow.entities.DatasetInput(mlflow.entities.Dataset("d", "1", "local", "{}"), [])],
    )
    client.get_metric_history(ident, "m")
    client.search_runs([experiment], filter_string="metrics.m > 0 AND tags.t = '1'")
    client.update_run(ident, name="x")
    _logged_models(client, experiment, ident)
    _registry(client, mark, ident)
    _traces(client, experiment)
    _raw(url, credentials, experiment, ident)
    client.set_terminated(ident)
    client.delete_run(ident)
    client.restore_run(ident)
    client.delete_experiment(experiment)
    client.restore_experiment(experiment)


def _logged_models(client: Any, experiment: str, run: str) -> None:
    model = client.create_logged_model(
        experiment, source_run_id=run, tags={"a": "b"}, params={"x": "1"}
    )
    client.log_model_params(model.model_id, {"y": "2"})
    client.set_logged_model_tags(model.model_id, {"c": "d"})
    client.finalize_logged_model(model.model_id, "READY")
    client.log_metric(run, "mm", 1.0, model_id=model.model_id, dataset_name="d", dataset_digest="1")
    client.log_outputs(run, [__import__("mlflow").entities.LoggedModelOutput(model.model_id, 0)])
    client.get_logged_model(model.model_id)
    client.search_logged_models([experiment])
    client.delete_logged_model_tag(model.model_id, "c")
    client.delete_logged_model(model.model_id)


def _registry(client: Any, mark: str, run: str) -> None:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    name = f"model-{mark}"
    client.create_registered_model(name, tags={"a": "b"}, description="d")
    with contextlib.suppress(MlflowException):
        client.create_registered_model(name)
    source = client.get_run(run).info.artifact_uri + "/m"
    for _ in range(2):
        client.create_model_version(name, source, run_id=run, tags={"a": "b"})
    client.set_registered_model_alias(name, "champion", "1")
    client.get_model_version_by_alias(name, "champion")
    client.transition_model_version_stage(name, "1", "Production", archive_existing_versions=True)
    client.set_model_version_tag(name, "1", "k", "v")
    client.update_model_version(name, "1", description="e")
    client.search_model_versions(f"name = '{name}'")
    client.search_registered_models(f"name = '{name}'")
    client.get_latest_versions(name)
    client.delete_registered_model_alias(name, "champion")
    client.delete_model_version(name, "2")
    client.rename_registered_model(name, name + "-2")
    client.delete_registered_model(name + "-2")
    client.register_prompt(name=f"prompt-{mark}", template="hello {{x}}")
    client.search_prompts()


def _traces(client: Any, experiment: str) -> None:
    import mlflow  # noqa: PLC0415

    mlflow.set_experiment(experiment_id=experiment)
    for i in range(3):
        with mlflow.start_span(f"s{i}") as span:
            span.set_inputs({"a": i})
            with mlflow.start_span("child"):
                pass
    mlflow.flush_trace_async_logging()
    traces = client.search_traces(experiment_ids=[experiment])
    assert traces
    ident = traces[0].info.trace_id
    client.set_trace_tag(ident, "a", "b")
    client.get_trace(ident)
    mlflow.log_feedback(trace_id=ident, name="f", value=1)
    client.delete_trace_tag(ident, "a")
    client.delete_traces(experiment, trace_ids=[ident])


def _raw(url: str, credentials: tuple[str, str], experiment: str, run: str) -> None:
    """What the UI asks for and no client method sends; answers are not judged."""
    gets = (
        "/", "/version", f"/get-artifact?run_uuid={run}&path=x",
        f"/api/2.0/mlflow/artifacts/list?run_id={run}",
        f"/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id={run}&metric_key=m",
        f"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={run}&metric_key=m&max_results=5",
        "/api/2.0/mlflow/users/list", f"/api/2.0/mlflow/users/get?username={credentials[0]}",
        "/api/2.0/mlflow/users/current", "/ajax-api/3.0/jobs/none", "/server-info",
        f"/api/2.0/mlflow-artifacts/artifacts?path={experiment}",
        f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/x",
        "/api/2.0/mlflow/webhooks", "/api/3.0/mlflow/gateway/endpoints/list",
        f"/api/3.0/mlflow/scorers/list?experiment_id={experiment}",
    )  # fmt: skip
    for path in gets:
        requests.get(url + path, auth=credentials, timeout=60)
    posts: dict[str, object] = {
        "/ajax-api/2.0/mlflow/experiments/search-datasets": {"experiment_ids": [experiment]},
        "/graphql": {
            "operationName": "GetRun",
            "query": "query GetRun($d: MlflowGetRunInput!) { mlflowGetRun(input: $d) "
            "{ run { info { runId } } } }",
            "variables": {"d": {"runId": run}},
        },
        "/ajax-api/3.0/jobs/search": {},
        f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=x": {"a": 1},
        "/api/3.0/mlflow/datasets/create": {"name": f"ds-{run}", "experiment_ids": [experiment]},
        "/api/3.0/mlflow/datasets/search": {"experiment_ids": [experiment]},
        "/api/3.0/mlflow/scorers/register": {
            "experiment_id": experiment, "name": "s", "serialized_scorer": "{}",
        },
        "/api/3.0/mlflow/issues": {"experiment_id": experiment, "name": "i", "description": "d"},
    }  # fmt: skip
    for path, body in posts.items():
        requests.post(url + path, json=body, auth=credentials, timeout=60)
    url = f"{url}/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/x"
    requests.put(url, data=b"x", auth=credentials, timeout=60)
