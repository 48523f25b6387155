"""What the engine registered for every stack there is: the environments, and the account's own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import settings
from policies.resource import Resource
from tests.engine.conftest import Made
from tools.engine.command import ROOT
from tools.engine.session import recorded

ENVIRONMENTS = tuple(
    stack
    for file in sorted(settings.STACKS.glob("Pulumi.*.yaml"))
    if settings.load(stack := file.stem.removeprefix("Pulumi.")).aws
)
ACCOUNT = "account"
STACKS = (*ENVIRONMENTS, ACCOUNT)
Environment = Callable[[str], Made]


def resources(stack: str, environment: Environment) -> list[Resource]:
    """The resources of a stack; `environment` is the fixture that makes environments."""
    return list(_account()) if stack == ACCOUNT else _read(environment(stack).nodes)


@cache
def _account() -> tuple[Resource, ...]:
    with (
        tempfile.TemporaryDirectory() as folder,
        recorded(ACCOUNT, program=ROOT / "bootstrap", folder=Path(folder)) as engine,
    ):
        done = engine.up()
        assert done.succeeded, done.output
        return tuple(_read(engine.graph()))


def _read(nodes: object) -> list[Resource]:
    assert isinstance(nodes, list)
    return [Resource.model_validate(node) for node in nodes]
