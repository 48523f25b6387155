"""Experiments that look for improvements of a model, and comparisons of two models."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from datetime import UTC, datetime
from typing import Any

import mlflow

from mlflow_ha.managers.call_forms import DEFAULT_EXPERIMENT, understood
from mlflow_ha.managers.comparison import (
    METRICS,
    improvements,
    labels_of,
    metrics_of,
    recommendation,
)
from mlflow_ha.managers.failures import doing, refusal
from mlflow_ha.managers.place import place_for
from mlflow_ha.managers.runs import BASELINE, Runs
from mlflow_ha.managers.versions import Versions


class ExperimentManager:
    """Improvement experiments and comparisons, in one experiment of a tracking server.

    Making one makes its server the one that MLflow's fluent functions use, and its experiment the
    active one.

        ExperimentManager("churn")                          an experiment by its name
        ExperimentManager(registry)                         the default one, where the registry is
        ExperimentManager("churn", registry=registry)       both

    Args:
        experiment_name: Of the experiment, made if there is none; or a registry.
        mlflow_tracking_uri: Of the server; none: the registry's, else the one MLflow would use.
        registry: A ModelRegistry, or any object with its `tracking_uri`.

    Attributes:
        experiment_name: As given.
        experiment_id: In MLflow.
        registry: As given, None if none was.
        tracking_uri: Where it works.
        mock_mode: Whether that is a folder of this process, with no server behind it.

    Warns:
        MockModeWarning: It works in mock mode.
        UserWarning: Address and registry name different servers; the address counts.

    Raises:
        ValueError: The arguments mean nothing together; the text says which and why.
        TrackingUnavailable: The server is away, and no spool is on.
    """

    VALID_METRICS = METRICS

    def __init__(
        self,
        experiment_name: Any = DEFAULT_EXPERIMENT,
        mlflow_tracking_uri: str | None = None,
        registry: Any = None,
    ) -> None:
        call = understood(experiment_name, mlflow_tracking_uri, registry)
        self._place = place_for(call.tracking_uri)
        self._place.use()
        self._versions = Versions(self._place)
        self.experiment_name = call.experiment_name
        self.registry = call.registry
        self.tracking_uri = self._place.uri
        self.mock_mode = self._place.mock
        self.experiment_id = str(mlflow.set_experiment(self.experiment_name).experiment_id)
        self._runs = Runs(self._place, self.experiment_id)

    def start_experiment(self, experiment_name: str) -> Any:
        """Start a run in an experiment, as a context: MLflow's functions log to it inside.

        Args:
            experiment_name: Made if there is none; it stays the active one for MLflow.

        Returns:
            MLflow's ActiveRun.

        Raises:
            TrackingUnavailable: The server is away, and no spool is on.
        """
        self._place.use()
        mlflow.set_experiment(experiment_name)
        return mlflow.start_run(tags=self._place.labels)

    def create_improvement_experiment(self, baseline_model_id: str, contributed_data: Any) -> str:
        """Note in a run that data was contributed to improve a model; return the run's id.

        Args:
            baseline_model_id: The model.
            contributed_data: What was contributed, of any size; only its size is noted. A mapping
                may say more: `features`, and `metadata` with dataset_hash and contributor_id.

        Raises:
            TrackingUnavailable: The server is away, and no spool is on.
        """
        if isinstance(contributed_data, Mapping):
            features = contributed_data.get("features")
            metadata = contributed_data.get("metadata") or {}
        else:
            features, metadata = contributed_data, {}
        params = {
            BASELINE: baseline_model_id,
            "contributed_data_hash": str(metadata.get("dataset_hash", "unknown")),
            "experiment_type": "model_improvement",
            "created_at": datetime.now(UTC).isoformat(),
        }
        if isinstance(features, Sized):
            params["contributed_data_size"] = str(len(features))
        tags = {"experiment_type": "model_improvement", "baseline_model": baseline_model_id}
        if "contributor_id" in metadata:
            tags["contributor_id"] = str(metadata["contributor_id"])
        return self._runs.add(f"improve {baseline_model_id}", params=params, tags=tags, metrics={})

    def compare_models(
        self, baseline_id: str, candidate_id: str, test_data: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Have two classifiers predict the same data, and note in a run which is better.

        Args:
            baseline_id: A model's id in the registry, NAME/VERSION, NAME@ALIAS, or a URI.
            candidate_id: Likewise.
            test_data: `features`, handed to both models as they are, and `labels`, the true
                classes; `dataset_name` is noted.

        Returns:
            baseline_metrics, candidate_metrics, improvements (candidate minus baseline, in the
            metrics that both have), recommendation (ACCEPT, REVIEW or REJECT), test_dataset,
            run_id and mock. Metrics that the predictions do not allow are left out.

        Raises:
            ValueError: The data cannot be compared with.
            RegistryException: A model is missing, or its predictions cannot be judged.
            RegistryUnavailable: The server was away.
            Exception: Whatever a model's own code raises, unchanged.
        """
        labels = labels_of(test_data)
        features = test_data["features"]
        baseline = metrics_of(baseline_id, labels, self._predictions(baseline_id, features))
        candidate = metrics_of(candidate_id, labels, self._predictions(candidate_id, features))
        differences = improvements(baseline, candidate)
        verdict = recommendation(differences)
        dataset = str(test_data.get("dataset_name", "unknown"))
        run_id = self._runs.add(
            f"compare {baseline_id} with {candidate_id}",
            params={BASELINE: baseline_id, "candidate_model_id": candidate_id},
            tags={
                "experiment_type": "model_comparison",
                "recommendation": verdict,
                "test_dataset": dataset,
            },
            metrics={
                **{f"baseline_{name}": value for name, value in baseline.items()},
                **{f"candidate_{name}": value for name, value in candidate.items()},
                **{f"{name}_improvement": value for name, value in differences.items()},
            },
        )
        return {
            "baseline_metrics": baseline,
            "candidate_metrics": candidate,
            "improvements": differences,
            "recommendation": verdict,
            "test_dataset": dataset,
            "run_id": run_id,
            "mock": self.mock_mode,
        }

    def get_experiment_history(self, baseline_model_id: str | None = None) -> list[dict[str, Any]]:
        """Return the runs of this experiment, the newest first, in types that JSON knows.

        Args:
            baseline_model_id: Only those about this model.

        Returns:
            For each run: run_id, baseline_model, improvement (of the accuracy; None where nothing
            was compared), recommendation ("unknown" likewise), timestamp (ISO 8601, UTC) and mock.

        Raises:
            TrackingUnavailable: The server is away.
        """
        return [self._told(run) for run in self._runs.about(baseline_model_id)]

    def _told(self, run: Any) -> dict[str, Any]:
        started = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
        return {
            "run_id": run.info.run_id,
            "baseline_model": run.data.params.get(BASELINE),
            "improvement": run.data.metrics.get("accuracy_improvement"),
            "recommendation": run.data.tags.get("recommendation", "unknown"),
            "timestamp": started.isoformat(),
            "mock": self.mock_mode,
        }

    def _predictions(self, model_id: str, features: Any) -> Any:
        with doing(f"loading model {model_id!r}"):
            model = self._loaded(self._uri_of(model_id))
        return model.predict(features)

    def _loaded(self, model_uri: str) -> Any:
        try:
            import mlflow.pyfunc  # noqa: PLC0415  (needs NumPy and pandas; only a comparison does)
        except ModuleNotFoundError as missing:
            raise refusal(
                f"comparing models needs {missing.name}. Install scikit-learn and mlflow"
            ) from missing
        self._place.use()
        return mlflow.pyfunc.load_model(model_uri)

    def _uri_of(self, model_id: str) -> str:
        if ":/" in model_id:
            return model_id
        found = self._versions.with_tag("model_id", model_id)
        if found:
            return f"models:/{found[0].name}/{found[0].version}"
        if "/" in model_id or "@" in model_id or model_id.startswith("m-"):
            return f"models:/{model_id}"
        raise refusal(
            f"Model not found: {model_id!r}. Use a model's id in the registry, NAME/VERSION, "
            "NAME@ALIAS, or a URI such as runs:/RUN/model",
            "RESOURCE_DOES_NOT_EXIST",
        )
