"""Spans on their way to MLflow, which takes them in OpenTelemetry's own form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mlflow.entities.span import Span
from mlflow.tracing.utils.otlp import (
    MLFLOW_EXPERIMENT_ID_HEADER,
    OTLP_TRACES_PATH,
    resource_to_otel_proto,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mlflow_ha.message import Message

API = "LogSpans"


def export_of(experiment_id: str, spans: list[Span]) -> Message:
    """Return the message that logs spans."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource = getattr(spans[0]._span, "resource", None)  # noqa: SLF001  (MLflow has no other way)
    resource_spans.resource.CopyFrom(resource_to_otel_proto(resource))
    resource_spans.scope_spans.add().spans.extend(span.to_otel_proto() for span in spans)
    headers = {
        "Content-Type": "application/x-protobuf",
        MLFLOW_EXPERIMENT_ID_HEADER: str(experiment_id),
    }
    return Message(API, "POST", OTLP_TRACES_PATH, headers=headers, data=request.SerializeToString())


def texts(data: bytes) -> list[str]:
    """Return every text among the attributes of exported spans."""
    return [value.string_value for value in _values(ExportTraceServiceRequest.FromString(data))]


def renamed(data: bytes, rename: Callable[[str], str]) -> bytes:
    """Return exported spans, every text among their attributes passed through `rename`."""
    request = ExportTraceServiceRequest.FromString(data)
    for value in _values(request):
        value.string_value = rename(value.string_value)
    return bytes(request.SerializeToString())


def _values(request: Any) -> Iterator[Any]:
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                for attribute in span.attributes:
                    if attribute.value.HasField("string_value"):
                        yield attribute.value
