"""What the installed pulumi-aws SDK says about a type: its inputs, its outputs, its documentation.

The SDK is generated from the provider's schema, so its classes are the schema, one property after
another. Nothing here is a second list that could fall behind it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import sys
import threading
import types
import typing
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import pulumi
from pulumi import _types as sdk_types

SDK_VERSION = importlib.metadata.version("pulumi-aws")
_IMPORTING = threading.Lock()  # warnings are switched off for the whole process
OPTIONAL = (typing.Union, types.UnionType)


class UnknownTypeError(LookupError):
    """A type that the installed SDK does not have."""


@dataclass(frozen=True)
class Block:
    """The inputs of a resource, or of one block inside it, by their names on the wire.

    Attributes:
        name: The class that declares them.
        inputs: The type of each, free of `Input` and `Optional`.
        required: Those without which the SDK does not construct the class.
        documentation: What the SDK says about each.
    """

    name: str
    inputs: dict[str, Any]
    required: frozenset[str]
    documentation: dict[str, str]


@dataclass(frozen=True)
class Resource:
    """A type of resource.

    Attributes:
        inputs: What a program may say.
        outputs: The type of each output that always has a value, by its name on the wire.
        every_output: All of them, also those that may be absent.
    """

    inputs: Block
    outputs: dict[str, Any]
    every_output: frozenset[str]


@cache
def resource(token: str) -> Resource:
    """Look up a type such as "aws:ec2/vpc:Vpc".

    Raises:
        UnknownTypeError: The SDK has no such class.
    """
    kind = _resource_class(token)
    every = sdk_types.resource_pulumi_to_py_names(kind)
    always = {
        name: declared
        for name, python in every.items()
        if not _may_be_absent(declared := _declared_output(kind, python))
    }
    return Resource(inputs=block(_arguments(kind)), outputs=always, every_output=frozenset(every))


@cache
def provider_configuration() -> Block:
    """What a program may say to the provider itself."""
    return block(importlib.import_module("pulumi_aws.provider").ProviderArgs)


@cache
def block(arguments: type) -> Block:
    """Read an Args class of the SDK."""
    names = sdk_types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments).parameters
    return Block(
        name=arguments.__name__.removesuffix("Args").removesuffix("Init"),
        inputs=sdk_types.input_type_types(arguments),
        required=frozenset(
            wire
            for python, wire in names.items()
            if python in parameters and parameters[python].default is inspect.Parameter.empty
        ),
        documentation={
            wire: " ".join((inspect.getdoc(getattr(arguments, python)) or "").split())
            for python, wire in names.items()
        },
    )


def block_of(declared: Any) -> Block | None:
    """The block that a declared type stands for, also inside lists and maps; None for scalars."""
    while container(declared):
        declared = element(declared)
    declared = sdk_types.unwrap_type(declared)
    if isinstance(declared, type) and sdk_types.is_input_type(declared):
        return block(declared)
    return None


def element(declared: Any) -> Any:
    """What a list or a map of the declared type holds; the type itself if it is neither."""
    declared = sdk_types.unwrap_type(declared)
    return typing.get_args(declared)[-1] if container(declared) else declared


def container(declared: Any) -> type | None:
    """`list` or `dict` for a declared list or map; None for a block and for scalars."""
    declared = sdk_types.unwrap_type(declared)
    origin = typing.get_origin(declared)
    if origin is typing.get_origin(typing.Sequence[str]):
        return list
    if origin is typing.get_origin(typing.Mapping[str, str]):
        return dict
    return None


def _resource_class(token: str) -> type[pulumi.CustomResource]:
    _, _, path = token.partition(":")
    module, _, name = path.partition(":")
    package = module.partition("/")[0]
    # A package whose name is a word of Python gets an underscore: aws:lambda/… is lambda_.
    package = "lambda_" if package == "lambda" else package
    try:
        with _IMPORTING, warnings.catch_warnings():
            # The SDK warns of its own deprecated classes, which come with their package.
            warnings.simplefilter("ignore", DeprecationWarning)
            sdk = importlib.import_module(f"pulumi_aws.{package}")
            found: type[pulumi.CustomResource] = getattr(sdk, name)
    except (ImportError, AttributeError):
        raise UnknownTypeError(
            f"pulumi-aws {SDK_VERSION} has no resource {token}. Correct the type, or install the "
            "version of the SDK that has it"
        ) from None
    return found


def _arguments(kind: type[pulumi.CustomResource]) -> type:
    """The resource's own Args class, called InitArgs where a block of another has the same name."""
    beside = vars(sys.modules[kind.__module__])
    own: type = beside.get(f"{kind.__name__}InitArgs") or beside[f"{kind.__name__}Args"]
    return own


def _declared_output(kind: type, python: str) -> Any:
    getter = inspect.getattr_static(kind, python).fget
    hints = typing.get_type_hints(getter, vars(sys.modules[kind.__module__]))
    (inside,) = typing.get_args(hints["return"])
    return inside


def _may_be_absent(declared: Any) -> bool:
    return typing.get_origin(declared) in OPTIONAL and type(None) in typing.get_args(declared)
