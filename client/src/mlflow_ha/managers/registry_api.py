"""A registration that is asked of another service over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import requests

from mlflow_ha.address import redacted
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import OutcomeUnknown
from mlflow_ha.managers.entries import ModelRegistryEntry, json_text
from mlflow_ha.managers.failures import RegistryException, RegistryUnavailable, refusal
from mlflow_ha.message import KEY_HEADER
from mlflow_ha.repetition import Again, until_answered
from mlflow_ha.settings import current
from mlflow_ha.verdict import Verdict, of_exception, of_response, reason

BASELINES = "/api/v1/models/baseline"
_NEEDED = ("model_id", "model_type", "version")


class _Bearer(requests.auth.AuthBase):
    """A token that no password in an address or in a .netrc file takes the place of."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class RegistryApi:
    """One service.

    Args:
        endpoint: Its address, without a path.
        api_key: Sent as a bearer token, if there is one.
    """

    def __init__(self, endpoint: str, api_key: str | None) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._auth = _Bearer(api_key) if api_key else None
        self.address = redacted(endpoint)

    def register_baseline(
        self, model_type: str, mlflow_run_id: str, metadata: Mapping[str, Any]
    ) -> ModelRegistryEntry:
        """Ask for a baseline to be registered, again while that is safe.

        Raises:
            RegistryException: The service refused, or answered something else than an entry.
            RegistryUnavailable: It was away until the deadline.
            OutcomeUnknown: The answer was lost, and asking again could register it twice.
        """
        asked = {"model_type": model_type, "mlflow_run_id": mlflow_run_id, "metadata": metadata}
        told = self._answer(json_text(asked).encode(), uuid4().hex)
        missing = [name for name in _NEEDED if not told.get(name)]
        if missing:
            raise refusal(f"{self.address} answered without {', '.join(missing)}: {told!r}")
        version = told.get("mlflow_version")
        return ModelRegistryEntry(
            model_id=str(told["model_id"]),
            model_type=str(told["model_type"]),
            version=str(told["version"]),
            is_baseline=True,
            metrics=dict(told.get("metrics") or {}),
            timestamp=_moment(told.get("timestamp")),
            mlflow_version=None if version is None else str(version),
        )

    def _answer(self, body: bytes, key: str) -> dict[str, Any]:
        settings = current()
        deadline = Deadline.after(settings.deadline)
        try:
            answer = until_answered(lambda: self._attempt(body, key, deadline), deadline, settings)
        except Again as last:
            raise RegistryUnavailable(
                f"a baseline was not registered ({last.what})",
                server=self.address,
                state="CLOSED",
                retry_after=settings.probe_interval,
            ) from last
        if not answer.ok:
            raise self._refused(answer)
        try:
            return dict(answer.json())
        except (ValueError, TypeError):
            raise refusal(
                f"{self.address} did not answer with a JSON object: {answer.text[:200]!r}"
            ) from None

    def _attempt(self, body: bytes, key: str, deadline: Deadline) -> requests.Response:
        settings = current()
        try:
            answer = requests.post(
                self._endpoint + BASELINES,
                data=body,
                headers={"Content-Type": "application/json", KEY_HEADER: key},
                auth=self._auth,
                timeout=(settings.connection_timeout, max(0.01, deadline.left)),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            verdict = of_exception(error)
            if verdict is None:
                raise refusal(f"{self.address} cannot be asked: {reason(error)}") from error
            self._refuse_to_repeat(verdict)
            raise Again(reason(error), verdict) from error
        verdict = of_response(answer)
        if verdict is not Verdict.ANSWERED:
            self._refuse_to_repeat(verdict)
            raise Again.after(answer, verdict)
        return answer

    def _refuse_to_repeat(self, verdict: Verdict) -> None:
        if verdict.perhaps_done:
            raise OutcomeUnknown("the registration of a baseline", server=self.address)

    def _refused(self, answer: requests.Response) -> RegistryException:
        text = answer.text[:200]
        return refusal(f"{self.address} refused with HTTP {answer.status_code}: {text}")


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
