"""For pytest, in the process that runs MLflow's own tests: it stands alone.

It counts the calls of each test that went through mlflow_ha, and leads tests that start a server of
their own to the cluster instead, if there is one in the environment.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

ENDPOINT, ERASURE = "SUITE_ENDPOINT", "SUITE_ERASURE"
NODE, THROUGH = "node", "calls_through_mlflow_ha"
_SECONDS = 60
_calls = 0
_code = 0


class _Front:
    """Stands in for `ServerThread`: an empty cluster, for the length of a test."""

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        self.url = os.environ[ENDPOINT]

    def __enter__(self) -> str:
        _erase()
        # Their own server shares the process, so that its store is also the one without an address.
        importlib.import_module("mlflow").set_tracking_uri(self.url)
        return self.url

    def __exit__(self, *_raised: object) -> None:
        importlib.import_module("mlflow").set_tracking_uri(None)


@contextlib.contextmanager
def _server(*_arguments: Any, **_named: Any) -> Iterator[str]:
    """Stand in for `_init_server`."""
    with _Front() as url:
        yield url


def pytest_configure() -> None:
    if ENDPOINT in os.environ:
        theirs: Any = importlib.import_module("tests.tracking.integration_test_utils")
        theirs.ServerThread = _Front
        theirs._init_server = _server  # noqa: SLF001  (what is replaced)
    if importlib.util.find_spec("mlflow_ha"):
        sender: Any = importlib.import_module("mlflow_ha.sender").Sender
        sender.call = _counted(sender.call)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.user_properties.append((NODE, item.nodeid))


def pytest_sessionfinish(exitstatus: int) -> None:
    global _code  # noqa: PLW0603
    _code = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """End at once: MLflow would go on for minutes to send what was meant for servers long gone."""
    sys.stdout.flush()
    os._exit(_code)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    before = _calls
    try:
        return (yield)
    finally:
        item.user_properties.append((THROUGH, _calls - before))


def _counted(call: Any) -> Any:
    def counting(*arguments: Any, **named: Any) -> Any:
        global _calls  # noqa: PLW0603
        _calls += 1
        return call(*arguments, **named)

    return counting


def _erase() -> None:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_SECONDS)
        asking.connect(os.environ[ERASURE])
        said = asking.recv(1000).decode()
    if said != "done":
        raise RuntimeError(f"the cluster could not be erased: {said}")
