"""Property values on the wire of Pulumi: plain JSON, with marks for secrets and for unknowns."""

from __future__ import annotations

from typing import Any, TypeGuard

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

UNKNOWN = rpc.UNKNOWN
# How assets, archives, secrets and references are told from ordinary maps.
SIGNATURE = rpc._special_sig_key  # noqa: SLF001 - the SDK has no public name for it
SECRET_SHOWN = "[secret]"  # noqa: S105 - what is shown in a secret's place
UNKNOWN_SHOWN = "[unknown]"

Properties = dict[str, Any]


def decode(message: struct_pb2.Struct) -> Properties:
    """Properties as the engine sent them; a whole number is an int, which the wire cannot say."""
    decoded: Properties = _whole_numbers(json_format.MessageToDict(message))
    return decoded


def encode(properties: Properties) -> struct_pb2.Struct:
    return json_format.ParseDict(properties, struct_pb2.Struct())


def bare(value: Any) -> Any:
    """The value without the marks of secrets, at any depth."""
    if rpc.is_rpc_secret(value):
        return bare(rpc.unwrap_rpc_secret(value))
    return _map(value, bare)


def shown(value: Any) -> Any:
    """The value as it may be written down: no secret's content."""
    if rpc.is_rpc_secret(value):
        return SECRET_SHOWN
    if value == UNKNOWN:
        return UNKNOWN_SHOWN
    return _map(value, shown)


def is_plain_map(value: Any) -> TypeGuard[Properties]:
    """Whether the value is a map of properties, and neither an asset nor a reference."""
    return isinstance(value, dict) and SIGNATURE not in value


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _map(value, _whole_numbers)


def _map(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {key: change(item) for key, item in value.items()}
    if isinstance(value, list):
        return [change(item) for item in value]
    return value
