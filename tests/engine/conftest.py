"""Stacks that the real engine made against the recording provider, each made once for all tests.

A test that goes on from there opens a copy, so that no test sees what another one did.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.engine.command import ROOT
from tools.engine.graph import Node
from tools.engine.outcome import Outcome
from tools.engine.session import Engine, recorded

SHELF = Path(__file__).parent / "fixtures" / "shelf"


@dataclass(frozen=True)
class Made:
    """A stack after `preview`, `up` and another `preview`, and what was seen on the way."""

    stack: str
    program: Path
    folder: Path
    planned: Outcome
    up: Outcome
    again: Outcome
    state: str
    nodes: list[Node]
    requests: list[dict[str, Any]]
    secrets: tuple[str, ...]
    """Every value in the simulated account's Secrets Manager."""


def make(stack: str, program: Path, folder: Path) -> Made:
    with recorded(stack, program=program, folder=folder) as engine:
        planned = engine.preview()
        assert planned.succeeded, planned.output
        up = engine.up()
        assert up.succeeded, up.output
        nodes, state = engine.graph(), json.dumps(engine.state())
        return Made(
            stack, program, folder, planned, up,
            again=engine.preview("--expect-no-changes"),
            state=state,
            nodes=nodes,
            requests=engine.requests(),
            secrets=secret_values(engine),
        )  # fmt: skip


def secret_values(engine: Engine) -> tuple[str, ...]:
    manager = engine.account.client("secretsmanager", "us-east-1")
    versions = [
        manager.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        for page in manager.get_paginator("list_secrets").paginate()
        for secret in page["SecretList"]
        if secret.get("SecretVersionsToStages")
    ]
    return tuple(versions)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The small program under fixtures/."""
    return make("small", SHELF, tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """The real program's environments, made when first asked for."""
    made: dict[str, Made] = {}

    def ask(stack: str) -> Made:
        if stack not in made:
            made[stack] = make(stack, ROOT, tmp_path_factory.mktemp(stack))
        return made[stack]

    return ask


Reopen = Callable[..., AbstractContextManager[Engine]]


@pytest.fixture
def reopen(tmp_path: Path) -> Reopen:
    """Open a copy of a stack that was made, perhaps with another program."""

    @contextmanager
    def open_copy(made: Made, *, program: Path | None = None) -> Iterator[Engine]:
        folder = tmp_path / "copy"
        shutil.copytree(made.folder, folder)
        with recorded(made.stack, program=program or made.program, folder=folder) as engine:
            yield engine

    return open_copy
