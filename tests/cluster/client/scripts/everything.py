"""One call of every kind that training makes, with MLflow's own interfaces."""

import json
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    LoggedModelOutput,
    Metric,
    Param,
    RunTag,
)


def main(name: str) -> dict[str, str]:
    client = MlflowClient()
    experiment = mlflow.set_experiment(f"experiment-{name}").experiment_id
    client.set_experiment_tag(experiment, "of", "a test")
    with mlflow.start_run(run_name=name) as run:
        ident = run.info.run_id
        mlflow.log_metric("one", 1.0, step=3)
        mlflow.log_metrics({"two": 2.0, "three": 3.0}, step=4)
        mlflow.log_param("p", "1")
        mlflow.set_tag("t", "1")
        mlflow.set_tag("gone", "soon")
        mlflow.delete_tag("gone")
        client.log_batch(
            ident,
            [Metric("m", 1, 1, 1), Metric("m", 2, 2, 2)],
            [Param("q", "2")],
            [RunTag("u", "3")],
        )
        client.log_inputs(ident, [DatasetInput(Dataset("data", "1", "local", "{}"), [])])
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "a.txt"
            file.write_text(f"artifact of {name}", encoding="utf-8")
            mlflow.log_artifact(str(file), "files")
        model = client.create_logged_model(
            experiment, name=f"m-{name}", source_run_id=ident, params={"x": "1"}, tags={"a": "b"}
        )
        client.log_model_params(model.model_id, {"y": "2"})
        client.set_logged_model_tags(model.model_id, {"c": "d"})
        client.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(ident, [LoggedModelOutput(model.model_id, 0)])
        client.create_registered_model(f"model-{name}", tags={"a": "b"}, description="d")
        version = mlflow.register_model(
            f"models:/{model.model_id}", f"model-{name}", tags={"a": "b"}
        )
        client.set_registered_model_alias(f"model-{name}", "champion", version.version)
        client.set_model_version_tag(f"model-{name}", version.version, "k", "v")
        client.update_model_version(f"model-{name}", version.version, description="e")
        with mlflow.start_span("outer") as span:
            span.set_inputs({"q": name})
            with mlflow.start_span("inner"):
                pass
    mlflow.flush_trace_async_logging()
    # What was just logged is read back, wherever it is now.
    assert client.get_run(ident).data.params == {"p": "1", "q": "2"}
    assert client.get_experiment_by_name(f"experiment-{name}").experiment_id == experiment
    assert client.get_logged_model(model.model_id).params == {"x": "1", "y": "2"}
    assert client.get_model_version_by_alias(f"model-{name}", "champion").description == "e"
    return {"run": ident, "model": model.model_id, "version": str(version.version)}


if __name__ == "__main__":
    for mark in sys.argv[1:]:
        print(json.dumps(main(mark)))
