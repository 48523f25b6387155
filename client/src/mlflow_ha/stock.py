"""How a repeated create is told from a second one by a server that does not know idempotency keys.

What is made carries the key in a tag, and after a lost answer it is looked for before it is made
again. Weaker than a server that remembers keys: a request that was still under way while it was
looked for is made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlflow.exceptions import MlflowException

from mlflow_ha.message import Message

TAG = "mlflow_ha.key"
_IT_IS_THERE_ALREADY = ("UNIQUE constraint failed", "UniqueViolation", "Duplicate entry")
"""As MLflow passes on what SQLite, PostgreSQL and MySQL say of a row that is written twice."""
_API = "/api/2.0/mlflow"
_Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Lookup:
    """How to find what a create made.

    Attributes:
        question: What to ask, given the create.
        things: Where the answer holds candidates.
        answer: What the create itself would have answered, given the thing.
    """

    question: Callable[[Message], Message]
    things: Callable[[_Answer], list[Any]]
    answer: Callable[[Any], dict[str, Any]]

    def found(self, create: Message, told: _Answer) -> dict[str, Any] | None:
        """Return what `create` would have answered, or None where nothing bears its key."""
        for thing in self.things(told):
            if create.key in _values_of_the_tag(thing):
                return self.answer(thing)
        return None


def marked(message: Message) -> Message:
    """Return the message with its key among the tags of what it makes, if that can be found by it."""
    if message.api not in LOOKUPS:
        return message
    body = dict(message.body or {})
    body["tags"] = [*body.get("tags", []), {"key": TAG, "value": message.key}]
    return replace(message, body=body)


def unmarked(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the tags that `marked` has added: nobody asked for them."""
    return {key: _unmarked(value) for key, value in answer.items()}


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(one) for one in value if not _is_a_mark(one)]
    return unmarked(value) if isinstance(value, dict) else value


def _is_a_mark(one: Any) -> bool:
    return isinstance(one, dict) and one.get("key") == TAG


def says_that_it_is_done(message: Message, error: MlflowException) -> bool:
    """Whether an error says no more than that the first arrival of a request was carried out.

    Args:
        message: It was sent before, and its answer was lost.
        error: What the server says to its repetition.
    """
    if message.takes_something_away:
        return bool(error.error_code == "RESOURCE_DOES_NOT_EXIST")
    return not message.makes_something and any(
        sign in error.message for sign in _IT_IS_THERE_ALREADY
    )


def _values_of_the_tag(thing: Any) -> list[str]:
    tags = [*thing.get("tags", []), *_part(thing, "info"), *_part(thing, "data")]
    return [tag["value"] for tag in tags if tag["key"] == TAG]


def _part(thing: Any, name: str) -> list[Any]:
    tags: list[Any] = (thing.get(name) or {}).get("tags", [])
    return tags


def _filter(prefix: str, message: Message) -> str:
    return f"{prefix}.`{TAG}` = '{message.key}'"


def _one(name: str) -> Callable[[_Answer], list[Any]]:
    return lambda told: [told[name]] if told.get(name) else []


def _many(name: str) -> Callable[[_Answer], list[Any]]:
    return lambda told: list(told.get(name, []))


def _experiment(message: Message) -> str:
    return str(message.parameters.get("experiment_id", "0"))


LOOKUPS = {
    "CreateRun": Lookup(
        lambda create: Message(
            "SearchRuns",
            "POST",
            f"{_API}/runs/search",
            {
                "experiment_ids": [_experiment(create)],
                "filter": _filter("tags", create),
                "run_view_type": "ALL",
            },
        ),
        _many("runs"),
        lambda run: {"run": run},
    ),
    "CreateLoggedModel": Lookup(
        lambda create: Message(
            "SearchLoggedModels",
            "POST",
            f"{_API}/logged-models/search",
            {"experiment_ids": [_experiment(create)], "filter": _filter("tags", create)},
        ),
        _many("models"),
        lambda model: {"model": model},
    ),
    "CreateModelVersion": Lookup(
        lambda create: Message(
            "SearchModelVersions",
            "GET",
            f"{_API}/model-versions/search",
            {"filter": _filter("tag", create)},
        ),
        _many("model_versions"),
        lambda version: {"model_version": version},
    ),
    "CreateExperiment": Lookup(
        lambda create: Message(
            "GetExperimentByName",
            "GET",
            f"{_API}/experiments/get-by-name",
            {"experiment_name": create.parameters["name"]},
        ),
        _one("experiment"),
        lambda experiment: {"experiment_id": experiment["experiment_id"]},
    ),
    "CreateRegisteredModel": Lookup(
        lambda create: Message(
            "GetRegisteredModel",
            "GET",
            f"{_API}/registered-models/get",
            {"name": create.parameters["name"]},
        ),
        _one("registered_model"),
        lambda model: {"registered_model": model},
    ),
}
