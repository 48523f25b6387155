"""Local names found and replaced by the server's, wherever they occur. Pure.

A name given offline is long and random, so that finding its text means finding the name: 32
hexadecimal digits for a run, `m-` and as many for a model, eighteen digits for an experiment, a
version above two thousand million. The location of a run's or a model's artifacts contains one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from mlflow_ha.message import Message
from mlflow_ha.spans import renamed as renamed_spans
from mlflow_ha.spans import texts as texts_of_spans
from mlflow_ha.spool.names import Name

_FIRST_VERSION, _VERSIONS = 2_000_000_000, 147_483_647
"""Local versions are above any real one, and fit the 32 bits of MLflow's column."""
_EXPERIMENT_DIGITS = 10**17
_MAYBE_A_NAME = re.compile(
    r"(?<![0-9A-Za-z])(?:m-[0-9a-f]{32}|[0-9a-f]{32}|tr-[0-9a-f]{32}|9\d{17}|2\d{9})(?![0-9A-Za-z])"
)


def new_run_id() -> str:
    return uuid4().hex


def new_model_id() -> str:
    return f"m-{uuid4().hex}"


def new_experiment_id() -> str:
    return str(9 * _EXPERIMENT_DIGITS + secrets.randbelow(_EXPERIMENT_DIGITS))


def new_version() -> str:
    return str(_FIRST_VERSION + secrets.randbelow(_VERSIONS))


def is_local_version(version: str) -> bool:
    return version.isdigit() and int(version) >= _FIRST_VERSION


def candidates(message: Message) -> set[str]:
    """Return what looks like a local name, anywhere in a message."""
    spans = texts_of_spans(message.data) if message.data else ()
    found = (message.endpoint, *texts(message.body), *texts(message.headers), *spans)
    # One search in all of them: every call passes here, and most have no such name.
    return candidates_in("\n".join(found))


def candidates_in(text: str) -> set[str]:
    """Return what looks like a local name in a text."""
    return {match[0] for match in _MAYBE_A_NAME.finditer(text)}


def translation(names: Iterable[Name]) -> Callable[[str], str]:
    """Return what replaces local names in a text by the server's; others stay."""
    return _replacing(_renamed(names))


def _replacing(pairs: Mapping[str, str]) -> Callable[[str], str]:
    if not pairs:
        return lambda text: text
    # Longer ones first: a location before the ids that it contains.
    alternatives = "|".join(re.escape(local) for local in sorted(pairs, key=len, reverse=True))
    pattern = re.compile(rf"(?<![0-9A-Za-z])(?:{alternatives})(?![0-9A-Za-z])")
    return lambda text: pattern.sub(lambda found: pairs[found[0]], text)


def _renamed(names: Iterable[Name]) -> dict[str, str]:
    return {
        local: remote
        for name in names
        for local, remote in ((name.local, name.remote), (name.local_root, name.remote_root))
        if local and remote and local != remote
    }


def replaced(value: Any, translate: Callable[[str], str]) -> Any:
    """Return a JSON value with every text in it, at any depth, translated."""
    if isinstance(value, str):
        return translate(value)
    if isinstance(value, list):
        return [replaced(item, translate) for item in value]
    if isinstance(value, Mapping):
        return {key: replaced(item, translate) for key, item in value.items()}
    return value


def in_message(message: Message, names: Iterable[Name]) -> Message:
    """Return the message as the server understands it."""
    pairs = _renamed(names)
    if not pairs:
        return message
    translate = _replacing(pairs)
    return replace(
        message,
        endpoint=translate(message.endpoint),
        body=replaced(message.body, translate),
        headers=replaced(message.headers, translate),
        data=renamed_spans(message.data, translate) if message.data else None,
    )


def texts(value: Any) -> list[str]:
    """Every text in a JSON value."""
    found, left = [], [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, list):
            left += item
        elif isinstance(item, Mapping):
            left += item.values()
    return found


# Where the answer to a create holds the name of what it made, and the place of its artifacts.
_NAMED_BY = {
    "CreateExperiment": (("experiment_id",), ()),
    "CreateRun": (("run", "info", "run_id"), ("run", "info", "artifact_uri")),
    "CreateLoggedModel": (("model", "info", "model_id"), ("model", "info", "artifact_uri")),
    "CreateModelVersion": (("model_version", "version"), ()),
    "StartTraceV3": (
        ("trace", "trace_info", "trace_id"),
        ("trace", "trace_info", "tags", "mlflow.artifactLocation"),
    ),
}


def made(api: str, told: Mapping[str, Any]) -> list[str]:
    """Return the local names that a caller learnt from an answer."""
    if api not in _NAMED_BY:
        return []
    name = at(told, _NAMED_BY[api][0])
    return [name] if name else []


def learnt(api: str, told: Mapping[str, Any], answer: Mapping[str, Any]) -> list[Name]:
    """Return what the server calls what the caller was told.

    Args:
        api: Of the message.
        told: The answer the caller got from the spool.
        answer: The server's.
    """
    if api not in _NAMED_BY:
        return []
    name, root = _NAMED_BY[api]
    local, remote = at(told, name), at(answer, name)
    if not local or not remote:
        return []
    return [Name(local, remote, at(told, root), at(answer, root))]


def at(value: Any, path: tuple[str, ...]) -> str | None:
    """Return the text at a path of keys in a JSON value, or None."""
    if not path:
        return None
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return None if value is None else str(value)
