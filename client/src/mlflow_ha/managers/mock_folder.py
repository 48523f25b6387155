"""A folder that stands in for a tracking server, and MLflow's own addresses meanwhile.

MLflow's file store keeps everything MLflow knows, and needs nothing but a folder: what works here
works at a server, and nothing about it is invented.
"""

from __future__ import annotations

import atexit
import os
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import mlflow
import mlflow.tracking.fluent

_REGISTRY = "MLFLOW_REGISTRY_URI"
_OF_A_SERVER = (_REGISTRY, "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")
"""What the environment says of things that only the server has."""
_ALLOWED = "MLFLOW_ALLOW_FILE_STORE"


class MockFolder:
    """Made when it is first needed; gone when the process that made it ends."""

    def __init__(self) -> None:
        self._made: str | None = None
        self._tracking: str | None = None
        self._before: dict[str, str | None] = {}

    @property
    def uri(self) -> str:
        """What MLflow reaches it under."""
        if self._made is None:
            folder = Path(mkdtemp(prefix="mlflow-ha-mock-"))
            atexit.register(_remove, folder, os.getpid())
            # Below it: MLflow furnishes a folder only if it makes it.
            self._made = (folder / "mlflow").as_uri()
        return self._made

    def is_at(self, uri: str | None) -> bool:
        return self._made is not None and uri == self._made

    @property
    def instead_of(self) -> str:
        """The address that MLflow would use without it."""
        now = str(mlflow.get_tracking_uri())
        return self._tracking or now if self.is_at(now) else now

    def enter(self) -> None:
        """Have all of MLflow work here, its fluent functions too."""
        self._tracking = self.instead_of
        if not self._entered:
            self._before = {name: os.environ.pop(name, None) for name in _OF_A_SERVER}
            _forget_the_experiment()
        os.environ[_ALLOWED] = "true"  # MLflow asks for it, against use in earnest
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)

    def leave(self) -> None:
        """Have MLflow's registry and experiment be what they were before."""
        if not self._entered:
            return
        mlflow.set_registry_uri(self._before[_REGISTRY])
        _forget_the_experiment()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    @property
    def _entered(self) -> bool:
        return self.is_at(os.environ.get(_REGISTRY))


@cache
def mock_folder() -> MockFolder:
    """Return the one of this process."""
    return MockFolder()


def _forget_the_experiment() -> None:
    # Its id is another server's; MLflow has no other way to say so.
    mlflow.tracking.fluent._active_experiment_id = None  # noqa: SLF001


def _remove(folder: Path, owner: int) -> None:
    # A forked child ends before its parent is done with the folder.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
