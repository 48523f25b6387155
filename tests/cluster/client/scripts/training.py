"""A training script as MLflow's users write it; it knows nothing of outages."""

import sys
import tempfile
from pathlib import Path

import mlflow
import mlflow.sklearn
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def main(name: str) -> None:
    mlflow.set_experiment(f"experiment-{name}")
    mlflow.sklearn.autolog()
    data = load_iris()
    with mlflow.start_run(run_name=f"parent-{name}") as parent:
        model = LogisticRegression(max_iter=200)
        model.fit(data.data, data.target)
        mlflow.log_param("chosen", "by hand")
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.set_tag("stage", "explored")
        with tempfile.TemporaryDirectory() as folder:
            notes = Path(folder) / "notes"
            notes.mkdir()
            (notes / "a.txt").write_text("first", encoding="utf-8")
            (notes / "deeper").mkdir()
            (notes / "deeper" / "b.bin").write_bytes(bytes(range(256)))
            mlflow.log_artifacts(str(notes), "notes")
        mlflow.log_dict({"run": "itself"}, "facts.json")
        with mlflow.start_run(run_name=f"child-{name}", nested=True):
            mlflow.log_metric("depth", 1)
        logged = mlflow.sklearn.log_model(
            model, name="by-hand", input_example=data.data[:2], pip_requirements=["scikit-learn"]
        )
        version = mlflow.register_model(logged.model_uri, f"model-{name}")
        MlflowClient().set_registered_model_alias(f"model-{name}", "champion", version.version)
        again = mlflow.sklearn.load_model(logged.model_uri)
        assert (again.predict(data.data) == model.predict(data.data)).all()
        with mlflow.start_span("question") as span:
            span.set_inputs({"q": name})
            with mlflow.start_span("inner"):
                pass
        print(parent.info.run_id)
    mlflow.flush_trace_async_logging()


if __name__ == "__main__":
    main(sys.argv[1])
