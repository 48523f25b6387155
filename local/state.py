"""A cluster's folder: what it was started with, and whether its data is worth anything yet."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import TextIO

import settings
from local import passwords, programs
from local.errors import LocalError
from local.layout import Layout
from local.site import Site

VARIABLE = "MLFLOW_HA_STATE"


def default_state() -> Path:
    """The folder named by MLFLOW_HA_STATE, else `.cluster` in this checkout."""
    named = os.environ.get(VARIABLE)
    return Path(named).resolve() if named else Path(__file__).parent.parent / ".cluster"


@dataclass(frozen=True)
class State:
    """One cluster's folder."""

    path: Path

    @property
    def _record(self) -> Path:
        return self.path / "cluster.json"

    @property
    def _prepared(self) -> Path:
        return self.path / "prepared"

    @property
    def exists(self) -> bool:
        return self._record.exists()

    @property
    def prepared(self) -> bool:
        """True once a first `up` has succeeded: from then on, the data is never wiped."""
        return self._prepared.exists()

    def mark_prepared(self) -> None:
        passwords.write_private(self._prepared, "The first start succeeded; data lives here.\n")

    def create(self, network: IPv4Network, stack: str) -> None:
        """Write down what the cluster is made of, if nobody has.

        Raises:
            LocalError: The folder holds a cluster made of something else.
        """
        isolated = os.geteuid() == 0
        wanted = {"network": str(network), "isolated": isolated, "stack": stack}
        if self.exists:
            found = self.record()
            if found != wanted:
                raise LocalError(
                    f"{self.path} holds a cluster with {found}, which was asked for as {wanted}. "
                    "Use what it was made with, or delete it first (`make clean`)"
                )
            return
        passwords.write_private(self._record, json.dumps(wanted) + "\n")

    def record(self) -> dict[str, object]:
        loaded = json.loads(self._record.read_text(encoding="utf-8"))
        return dict(loaded)

    def site(self) -> Site:
        """Everything the cluster was made of.

        Raises:
            FileNotFoundError: No cluster was made here.
            LocalError: A program or a setting it needs is not there any more.
        """
        record = self.record()
        isolated = bool(record["isolated"])
        if isolated and os.geteuid() != 0:
            raise LocalError(f"the cluster in {self.path} was started as root; so must this be")
        try:
            loaded = settings.load(str(record["stack"]))
        except settings.SettingsError as error:
            raise LocalError(str(error)) from error
        layout = Layout(
            network=IPv4Network(str(record["network"])), isolated=isolated, settings=loaded
        )
        return Site(
            settings=loaded,
            layout=layout,
            state=self.path,
            run=run_folder(layout),
            passwords=passwords.load_or_create(self.path / "credentials.json"),
            programs=programs.find(isolated=isolated),
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one `up`, `down` or `clean` at a time.

        Raises:
            LocalError: Another one is at work, or the folder cannot be written.
        """
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LocalError(
                    f"another up, down or clean is at work in {self.path}. Wait for it to end"
                ) from None
            yield

    def _lock_file(self) -> TextIO:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            return (self.path / ".lock").open("w")
        except OSError as error:
            raise LocalError(
                f"cannot write the cluster's state to {self.path}: {error.strerror}. "
                f"Set {VARIABLE} to a folder that can be written"
            ) from error


def run_folder(layout: Layout) -> Path:
    """Sockets and pid files: a short path, gone after a reboot."""
    if layout.isolated:
        return Path("/run/mlflow-ha") / layout.identity
    parent = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(parent) / f"mlflow-ha-{os.geteuid()}-{layout.identity}"
