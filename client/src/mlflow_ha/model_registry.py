"""Models with a baseline, improvements and a way back, in MLflow's model registry."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from mlflow_ha.errors import TrackingUnavailable
from mlflow_ha.managers.arguments import numbers, text_is_needed
from mlflow_ha.managers.entries import ModelLineage, ModelRegistryEntry, json_text
from mlflow_ha.managers.failures import doing, refusal
from mlflow_ha.managers.kept_model import uri_in, uri_of
from mlflow_ha.managers.lineage import lineage_of
from mlflow_ha.managers.place import place_for
from mlflow_ha.managers.registry_api import RegistryApi
from mlflow_ha.managers.tokenized import TokenizedModels
from mlflow_ha.managers.versions import IN_USE, Versions

_STAGE = "lifecycle_stage"


class ModelRegistry(TokenizedModels):
    """A registry of models, each under its own id, at one tracking server.

    Making one makes its server the one that MLflow's fluent functions use.

        registry = ModelRegistry("http://host:5000")
        entry = registry.register_baseline(model, model_type="churn")
        registry.get_latest_model("churn").model_id

    Args:
        tracking_uri: Of the server; none: the one MLflow would use.
        api_key: For `api_endpoint`; none: HOKUSAI_API_KEY.
        api_endpoint: A service that `register_baseline_via_api` asks instead of MLflow.

    Attributes:
        tracking_uri: Where it works.
        mock_mode: Whether that is a folder of this process, with no server behind it.
        client: MLflow's own client to the same place.

    Warns:
        MockModeWarning: It works in mock mode.

    Raises:
        ValueError: The address is no text.
    """

    def __init__(
        self,
        tracking_uri: str | None = None,
        api_key: str | None = None,
        api_endpoint: str | None = None,
    ) -> None:
        if not isinstance(tracking_uri, (str, type(None))):
            raise ValueError(  # noqa: TRY004  (as in ExperimentManager)
                f"tracking_uri={tracking_uri!r} is no address. Use text such as 'http://host:5000'"
            )
        self._place = place_for(tracking_uri)
        self._place.use()
        self._versions = Versions(self._place)
        self.tracking_uri = self._place.uri
        self.mock_mode = self._place.mock
        self.client = self._versions.client
        key = api_key or os.environ.get("HOKUSAI_API_KEY")
        away = self.mock_mode or not api_endpoint
        self._api = None if away else RegistryApi(str(api_endpoint), key)
        # What this object registered: known even while the server is away.
        self._registered: dict[str, ModelRegistryEntry] = {}

    def register_baseline(
        self,
        model: Any = None,
        model_type: str | None = None,
        model_name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> ModelRegistryEntry:
        """Register a model that others are to be compared with.

        Args:
            model: An object with `predict(data)`, which is logged; what one of MLflow's
                log_model returned; or a model's URI. Its `model_id`, `version` and
                `get_metrics()` are noted if it has them; without an id it gets one.
            model_type: The registered model's name.
            model_name: The same, where model_type is not given.
            metadata: Noted with it.

        Raises:
            ValueError: An argument is missing or cannot be used.
            RegistryException: The model cannot be kept, or MLflow refused.
            RegistryUnavailable: MLflow was away, and no spool is on.
        """
        name = model_type or model_name
        if model is None or not name:
            missing = "model" if model is None else "model_type (or model_name)"
            raise ValueError(f"{missing} is needed: register_baseline(model, model_type='churn')")
        noted = {"metadata": json_text(metadata)} if metadata else {}
        entry = _entry(model, name, is_baseline=True, tags=noted)
        return self._register(model, entry)

    def register_baseline_via_api(
        self,
        model_type: str,
        mlflow_run_id: str,
        metadata: Mapping[str, Any] | None = None,
    ) -> ModelRegistryEntry:
        """Register the model that a run has logged as a baseline, without loading it here.

        With `api_endpoint`, that service is asked: POST /api/v1/models/baseline. Otherwise, and
        in mock mode, MLflow is. The last one is taken where a run has logged several.

        Raises:
            ValueError: An argument is missing or cannot be used.
            RegistryException: The run has no model, or the registration was refused.
            RegistryUnavailable: The service, or MLflow, was away.
            OutcomeUnknown: The service's answer was lost; look before you repeat it.
        """
        text_is_needed(model_type=model_type, mlflow_run_id=mlflow_run_id)
        if self._api is not None:
            return self._api.register_baseline(model_type, mlflow_run_id, metadata or {})
        with doing(f"reading run {mlflow_run_id}"):
            run = self.client.get_run(mlflow_run_id)
            model_uri = uri_in(run, self.client)
        noted = {"metadata": json_text(metadata)} if metadata else {}
        entry = ModelRegistryEntry(
            model_id=f"{model_type}-{mlflow_run_id}",
            model_type=model_type,
            version="",
            is_baseline=True,
            metrics=dict(run.data.metrics),
            tags={**noted, "mlflow_run_id": mlflow_run_id},
        )
        return self._register(model_uri, entry)

    def register_improved_model(
        self,
        model: Any,
        baseline_id: str,
        delta_metrics: Mapping[str, float],
        contributor: str,
    ) -> ModelRegistryEntry:
        """Register a model as the improvement of another.

        Args:
            model: As in register_baseline.
            baseline_id: The id of the other; this one is registered under the same name.
            delta_metrics: By how much it is better.
            contributor: Who is to be credited.

        Raises:
            ValueError: A difference is no number.
            RegistryException: There is no such baseline, or as in register_baseline.
            RegistryUnavailable: MLflow was away; see get_model_by_id.
        """
        deltas = numbers(delta_metrics, "delta_metrics")
        baseline = self.get_model_by_id(baseline_id)
        entry = _entry(
            model,
            baseline.model_type,
            baseline_id=baseline_id,
            delta_metrics=deltas,
            contributor_address=contributor,
        )
        return self._register(model, entry)

    def get_model_by_id(self, model_id: str) -> ModelRegistryEntry:
        """Return the newest version with an id.

        While MLflow is away, what this object registered is known, and nothing else.

        Raises:
            RegistryException: There is none.
            RegistryUnavailable: MLflow was away.
        """
        try:
            with doing(f"finding model {model_id!r}"):
                found = self._versions.with_tag("model_id", model_id)
        except TrackingUnavailable:
            if model_id not in self._registered:
                raise
            return self._registered[model_id]
        if not found:
            raise refusal(f"Model not found: {model_id!r}", "RESOURCE_DOES_NOT_EXIST")
        return ModelRegistryEntry.of(found[0])

    def get_model_lineage(self, model_id: str) -> ModelLineage:
        """Return the way from a model's first baseline to it.

        Raises:
            RegistryException: One on the way is missing, or the way leads in a circle.
            RegistryUnavailable: MLflow was away.
        """
        return lineage_of(model_id, self.get_model_by_id)

    def list_models_by_type(self, model_type: str) -> list[ModelRegistryEntry]:
        """Return all versions of a registered model, the newest first.

        Raises:
            RegistryException: A tag cannot be understood.
            RegistryUnavailable: MLflow was away.
        """
        with doing(f"listing the models of {model_type!r}"):
            return [ModelRegistryEntry.of(version) for version in self._versions.of(model_type)]

    def get_latest_model(self, model_type: str) -> ModelRegistryEntry | None:
        """Return the version with the alias `production`, else the newest; None without any.

        Raises:
            RegistryUnavailable: MLflow was away.
        """
        with doing(f"finding the latest model of {model_type!r}"):
            version = self._versions.in_use(model_type)
        return None if version is None else ModelRegistryEntry.of(version)

    def rollback_model(self, model_type: str, target_model_id: str) -> bool:
        """Give the alias `production` to an earlier model; return whether it was done.

        The tag `lifecycle_stage` then tells of it. During an outage with a spool, only the target
        gets it: which model was the latest is not known then.

        Returns:
            False if the target is a model of another type: nothing was changed.

        Raises:
            RegistryException: There is no such model.
            RegistryUnavailable: MLflow was away. Repeating the call does no harm.
        """
        target = self.get_model_by_id(target_model_id)
        if target.model_type != model_type:
            return False
        before = self._latest_if_mlflow_can_tell(model_type)
        with doing(f"rolling {model_type!r} back to {target_model_id!r}"):
            # First what counts; the tags only tell of it.
            self.client.set_registered_model_alias(model_type, IN_USE, target.mlflow_version)
            if before is not None and before.mlflow_version != target.mlflow_version:
                self._tag(before, "Archived")
            self._tag(target, "Production")
        return True

    def delete_model_version(self, model_id: str) -> bool:
        """Delete the newest version with an id; return True.

        Raises:
            RegistryException: There is none.
            RegistryUnavailable: MLflow was away.
        """
        entry = self.get_model_by_id(model_id)
        with doing(f"deleting model {model_id!r}"):
            self.client.delete_model_version(entry.model_type, entry.mlflow_version)
        self._registered.pop(model_id, None)
        return True

    def _register(self, model: Any, entry: ModelRegistryEntry) -> ModelRegistryEntry:
        with doing(f"registering model {entry.model_id!r} as {entry.model_type!r}"):
            model_uri = uri_of(model, self._place)
            version = self._versions.register(model_uri, entry.model_type, entry.to_tags())
        registered = ModelRegistryEntry.of(version)
        self._registered[entry.model_id] = registered
        return registered

    def _latest_if_mlflow_can_tell(self, model_type: str) -> ModelRegistryEntry | None:
        try:
            return self.get_latest_model(model_type)
        except TrackingUnavailable:
            return None

    def _tag(self, entry: ModelRegistryEntry, stage: str) -> None:
        self.client.set_model_version_tag(
            entry.model_type, entry.mlflow_version, key=_STAGE, value=stage
        )


def _entry(model: Any, name: str, **more: Any) -> ModelRegistryEntry:
    measured = getattr(model, "get_metrics", None)
    return ModelRegistryEntry(
        model_id=str(getattr(model, "model_id", None) or f"{name}-{uuid4().hex}"),
        model_type=name,
        version=str(getattr(model, "version", None) or ""),
        metrics=numbers(measured(), "get_metrics()") if callable(measured) else {},
        **more,
    )
