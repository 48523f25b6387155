"""The answers a caller gets while the server is away, in the words of its REST interface.

A change to something is answered as the server would answer it, and remembered on the shelf, so
that it can be read back. Nothing is invented: a search, or something that was never seen here, is
the server's to answer. What was seen is told as far as it is known here, and says so in a tag.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mlflow_ha.message import Message
from mlflow_ha.spool import naming
from mlflow_ha.spool.shelf import Shelf

Body = dict[str, Any]
Answer = dict[str, Any]
Answerer = Callable[[Body, Shelf], Answer]

ARTIFACTS = "LogArtifacts"
"""What files that wait are called among the operations; MLflow has no name for it."""
LOCAL_NAME = "mlflow_ha.local_id"
"""Tag: what a run, a model or a version was called before the server had it."""
FROM_HERE = "mlflow_ha.answered_by"
"""Tag of what is read back while the server is away; never sent to it."""

_answerers: dict[str, Answerer] = {}


class NotKnownHere(Exception):  # noqa: N818  (a state of knowledge)
    """Only the server can answer that."""


def answers(*apis: str) -> Callable[[Answerer], Answerer]:
    """Declare which requests a function answers, by their names in MLflow's protocol."""

    def declare(function: Answerer) -> Answerer:
        _answerers.update(dict.fromkeys(apis, function))
        return function

    return declare


def can_answer(api: str) -> bool:
    """Whether there is an answer to a request while the server is away."""
    return api in answerers()


def answer(message: Message, shelf: Shelf) -> Answer:
    """Return what a caller is told while the server is away.

    Raises:
        NotKnownHere: Only the server can answer.
        RestException: What the server would say about the request, as far as is known here.
    """
    if not can_answer(message.api):
        raise NotKnownHere
    return _answerers[message.api](message.parameters, shelf)


def with_local_name(message: Message, told: Answer) -> Message:
    """Return a create that says in a tag what its caller was told that the thing is called."""
    made = naming.made(message.api, told)
    if not made or message.api not in _TAGGED:
        return message
    body = dict(message.body or {})
    body["tags"] = [*body.get("tags", []), {"key": LOCAL_NAME, "value": made[0]}]
    return replace(message, body=body)


def remember(message: Message, told: Mapping[str, Any], shelf: Shelf) -> None:
    """Note what the server said of things, to answer for it when it is away."""
    for kind, key, identity in _REMEMBERED.get(message.api, ()):
        thing = told.get(key)
        name = naming.at(thing, identity)
        if thing and name:
            shelf.remember(kind, name, thing)


def answerers() -> Mapping[str, Answerer]:
    """Return every function that answers, by request."""
    # Their import declares them.
    from mlflow_ha.spool.offline import models, registry, traces, tracking  # noqa: F401, PLC0415

    return _answerers


def now() -> int:
    """Milliseconds since 1970, as MLflow counts."""
    return int(time.time() * 1000)


def with_tags(tags: list[dict[str, str]], more: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return key-value pairs in which later ones have replaced earlier ones of the same key."""
    merged = {pair["key"]: pair for pair in (*tags, *more)}
    return list(merged.values())


def from_here(tags: list[dict[str, str]], what: str = "the spool of mlflow-ha") -> list[Any]:
    """Return tags with one that says who answered."""
    return with_tags(tags, [{"key": FROM_HERE, "value": what}])


_TAGGED = ("CreateRun", "CreateLoggedModel", "CreateModelVersion")
_EXPERIMENT = (("experiment", "experiment", ("experiment_id",)),)
_RUN = (("run", "run", ("info", "run_id")),)
_MODEL = (("model", "model", ("info", "model_id")),)
_REGISTERED = (("registered model", "registered_model", ("name",)),)
# What an answer holds: of which kind, under which key, and where its name stands in it.
_REMEMBERED = {
    "GetExperiment": _EXPERIMENT,
    "GetExperimentByName": _EXPERIMENT,
    "CreateRun": _RUN,
    "GetRun": _RUN,
    "CreateLoggedModel": _MODEL,
    "GetLoggedModel": _MODEL,
    "FinalizeLoggedModel": _MODEL,
    "CreateRegisteredModel": _REGISTERED,
    "GetRegisteredModel": _REGISTERED,
}
