"""The half of ModelRegistry that is about tokens: models that stand for a token and a benchmark."""

from __future__ import annotations

import re
from typing import Any

from mlflow import MlflowClient
from mlflow.store.artifact.runs_artifact_repo import RunsArtifactRepository

from mlflow_ha.managers.arguments import number_in_text, number_needed, text_is_needed
from mlflow_ha.managers.failures import doing, refusal
from mlflow_ha.managers.place import LABEL
from mlflow_ha.managers.versions import Versions

_TOKEN, _METRIC, _VALUE = "hokusai_token_id", "benchmark_metric", "benchmark_value"
_NEEDED = (_TOKEN, _METRIC, _VALUE)
_LONGEST_TOKEN = 64
_TOKENS = re.compile(r"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*")


class TokenizedModels:
    """Registered versions that bear a token, a metric and the value to be beaten in tags."""

    client: MlflowClient
    _versions: Versions

    def register_tokenized_model(  # noqa: PLR0917  (callers give them by position)
        self,
        model_uri: str,
        model_name: str,
        token_id: str,
        metric_name: str,
        baseline_value: float,
        additional_tags: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Register a logged model for a token.

        Args:
            model_uri: Of the model, such as runs:/RUN/model or models:/m-….
            model_name: Of the registered model, made if there is none.
            token_id: Letters, digits and hyphens; compared without regard to case.
            metric_name: What is measured, such as "reply_rate".
            baseline_value: The value to be beaten.
            additional_tags: More tags of the version.

        Returns:
            model_name, version, token_id, metric_name, baseline_value, mlflow_run_id (None
            unless the model is named by its run), status, tags and mock.

        Raises:
            ValueError: An argument cannot be used.
            RegistryException: MLflow has no such model, or refused.
            RegistryUnavailable: It was away.
        """
        text_is_needed(model_uri=model_uri, model_name=model_name, metric_name=metric_name)
        self.validate_token_id(token_id)
        benchmark = number_needed("baseline_value", baseline_value)
        own = {_TOKEN: token_id, _METRIC: metric_name, _VALUE: str(benchmark)}
        tags = {key: str(value) for key, value in (additional_tags or {}).items()}
        contradicted = sorted(key for key in own if tags.get(key, own[key]) != own[key])
        if contradicted:
            raise ValueError(
                f"additional_tags sets {', '.join(contradicted)}, which this call sets itself. "
                "Leave it out"
            )
        tags |= own
        of_a_run = RunsArtifactRepository.is_runs_uri(model_uri)
        run_id = RunsArtifactRepository.parse_runs_uri(model_uri)[0] if of_a_run else None
        tags |= {"mlflow_run_id": run_id} if run_id else {}
        with doing(f"registering {model_uri} as {model_name!r}"):
            version = self._versions.register(model_uri, model_name, tags)
        told = _told(version)
        return {**told, "mlflow_run_id": run_id, "status": "registered"}

    def get_tokenized_model(self, model_name: str, version: str) -> dict[str, Any]:
        """Return a version with what it says of its token.

        Returns:
            model_name, version, token_id, metric_name, baseline_value, tags and mock.

        Raises:
            RegistryException: There is none, or it has no token.
            RegistryUnavailable: MLflow was away.
        """
        with doing(f"getting version {version} of {model_name!r}"):
            return _told(self.client.get_model_version(model_name, str(version)))

    def list_models_by_token(self, token_id: str) -> list[dict[str, Any]]:
        """Return every version of a token, the newest first, as get_tokenized_model does.

        Raises:
            ValueError: That can be no token's id.
            RegistryException: A version bears the token and not the rest.
            RegistryUnavailable: MLflow was away.
        """
        self.validate_token_id(token_id)
        with doing(f"listing the models of token {token_id!r}"):
            return [_told(found) for found in self._versions.with_tag_alike(_TOKEN, token_id)]

    def update_model_tags(self, model_name: str, version: str, tags: dict[str, str]) -> None:
        """Set tags of a version; others stay.

        Raises:
            ValueError: The value to be beaten is no number.
            RegistryException: There is no such version; the text names the tags already set.
            RegistryUnavailable: MLflow was away; likewise.
        """
        if _VALUE in tags:
            number_in_text(_VALUE, tags[_VALUE])
        done: list[str] = []
        for key, value in tags.items():
            with doing(
                f"setting tag {key!r} of version {version} of {model_name!r} "
                f"(set before: {', '.join(done) or 'none'})"
            ):
                self.client.set_model_version_tag(model_name, str(version), key, str(value))
            done.append(key)

    def validate_token_id(self, token_id: str) -> None:
        """Return if that can be a token's id.

        Raises:
            ValueError: It cannot; the text says why.
        """
        text_is_needed(token_id=token_id)
        if len(token_id) > _LONGEST_TOKEN or not _TOKENS.fullmatch(token_id):
            raise ValueError(
                f"token_id={token_id!r}: letters, digits and hyphens between them are allowed, at "
                f"most {_LONGEST_TOKEN}, such as 'msg-ai'"
            )


def _told(version: Any) -> dict[str, Any]:
    tags = dict(version.tags)
    missing = [name for name in _NEEDED if not tags.get(name)]
    if missing:
        raise refusal(
            f"version {version.version} of {version.name!r} stands for no token: it has no tag "
            f"{', '.join(missing)}. Register it with register_tokenized_model, or set them with "
            "update_model_tags"
        )
    return {
        "model_name": version.name,
        "version": str(version.version),
        "token_id": tags[_TOKEN],
        "metric_name": tags[_METRIC],
        "baseline_value": number_in_text(_VALUE, tags[_VALUE]),
        "tags": tags,
        "mock": tags.get(LABEL) == "true",
    }
