"""MLflow's own REST stores, their one door to the server led through ours.

Only `_call_endpoint` and what goes past it are replaced: everything that builds a request or reads
an answer stays MLflow's. tests/cluster/client/test_contract.py holds what is relied on, for the
oldest and the newest MLflow declared.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

from google.protobuf.message import Message as Proto
from mlflow.entities.span import Span
from mlflow.exceptions import MlflowException, RestException
from mlflow.store.model_registry.rest_store import RestStore as RegistryRestStore
from mlflow.store.tracking.rest_store import RestStore as TrackingRestStore
from mlflow.utils.proto_json_utils import parse_dict
from mlflow.utils.rest_utils import MlflowHostCreds

from mlflow_ha.message import Message
from mlflow_ha.spans import export_of

_NOT_FOUND = 404


class Line(Protocol):
    """What a store sends through: a server, or a spool before it."""

    def call(self, message: Message) -> dict[str, Any]:
        """Return the answer, or raise what MLflow or this package has to say."""


class TrackingStore(TrackingRestStore):
    """MLflow's tracking store, through `line`."""

    def __init__(self, get_host_creds: Callable[[], MlflowHostCreds], line: Line) -> None:
        super().__init__(get_host_creds)
        self._line = line

    def _call_endpoint(
        self,
        api: Any,
        json_body: str | None = None,
        endpoint: str | None = None,
        retry_timeout_seconds: int | None = None,
        response_proto: Proto | None = None,
    ) -> Proto:
        del retry_timeout_seconds  # of Databricks' client only
        methods = self._V3_METHOD_TO_INFO if api in self._V3_APIS else self._METHOD_TO_INFO
        self._validate_workspace_support_if_specified()
        usual, method = methods[api]
        answer = self._line.call(_message(api, method, endpoint or usual, json_body))
        return _filled(response_proto or api.Response(), answer)

    def log_spans(
        self, location: str, spans: list[Span], tracking_uri: str | None = None
    ) -> list[Span]:
        """Log spans to an experiment.

        MLflow asks for the server's version first, remembers for good if it had no answer, and then
        exports no span any more in this process. Ours sends, and lets the server say what it is.

        Raises:
            NotImplementedError: It is older than 3.4; MLflow then logs traces in its older way.
        """
        del tracking_uri
        if not spans:
            return spans
        self._validate_workspace_support_if_specified()
        try:
            self._line.call(export_of(location, spans))
        except RestException:
            raise
        except MlflowException as error:
            if error.get_http_status_code() == _NOT_FOUND:
                raise NotImplementedError("this server takes no spans") from error
            raise
        return spans


class RegistryStore(RegistryRestStore):
    """MLflow's registry store, through `line`."""

    def __init__(self, get_host_creds: Callable[[], MlflowHostCreds], line: Line) -> None:
        super().__init__(get_host_creds)
        self._line = line

    def _call_endpoint(
        self,
        api: Any,
        json_body: str | None,
        call_all_endpoints: bool = False,
        extra_headers: dict[str, str] | None = None,
    ) -> Proto:
        self._validate_workspace_support_if_specified()
        if call_all_endpoints:
            places = self._get_all_endpoints_from_method(api)
        else:
            places = [self._get_endpoint_from_method(api)]
        *others, (endpoint, method) = places
        for place, verb in others:
            try:
                answer = self._line.call(_message(api, verb, place, json_body, extra_headers))
            except RestException as error:
                if error.error_code != "ENDPOINT_NOT_FOUND":
                    raise
            else:
                return _filled(self._get_response_from_method(api), answer)
        answer = self._line.call(_message(api, method, endpoint, json_body, extra_headers))
        return _filled(self._get_response_from_method(api), answer)


def _message(
    api: Any,
    method: str,
    endpoint: str,
    json_body: str | None,
    headers: dict[str, str] | None = None,
) -> Message:
    body = json.loads(json_body) if json_body is not None else None
    return Message(api.DESCRIPTOR.name, method, endpoint, body, headers or {})


def _filled(response: Proto, answer: dict[str, Any]) -> Proto:
    parse_dict(js_dict=answer, message=response)
    return response
