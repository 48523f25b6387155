"""Whether all is as it has to be for calls to live through an outage: one finding after another."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

from mlflow.exceptions import MlflowException
from mlflow.version import VERSION
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import SpoolError
from mlflow_ha.message import Message
from mlflow_ha.plugin import disabled
from mlflow_ha.sender import Sender
from mlflow_ha.server import Server, server_at
from mlflow_ha.settings import MLflowSettings
from mlflow_ha.spool.folder import Folder, opened

_ROOM = 256 * 2**20
"""Bytes. Below it a single model of usual size may not fit any more."""
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OURS = {
    "server",
    "spool.db",
    "spool.db-wal",
    "spool.db-shm",
    "files",
    "set-aside",
    "journals",
    "successor.log",
}
_QUESTION = Message(
    "GetExperiment", "GET", "/api/2.0/mlflow/experiments/get", {"experiment_id": "0"}
)
_ASKING_SECONDS = 10.0


class Verdict(StrEnum):
    """On one thing that was looked at."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    FAIL = "FAIL"
    """Something has to be done; the text says what."""


@dataclass(frozen=True)
class Finding:
    """What was looked at, and what was seen."""

    name: str
    verdict: Verdict
    says: str = ""


def _judged(name: str, wrong: str | None, says: str = "") -> Finding:
    return Finding(name, Verdict.FAIL, wrong) if wrong else Finding(name, Verdict.OK, says)


def findings(settings: MLflowSettings) -> Iterator[Finding]:
    """Look at everything; what cannot be looked at any more ends it."""
    yield from _of_installation()
    uri = settings.effective_tracking_uri
    if not uri.startswith(("http://", "https://")):
        yield _judged("tracking URI", f"{uri} is no http address; set MLFLOW_TRACKING_URI")
        return
    server = server_at(uri, settings)
    yield from _of_server(server, Sender(uri, settings))
    yield from _of_spool(settings, server.address)


def _of_installation() -> Iterator[Finding]:
    yield _judged("not disabled", "MLFLOW_HA_DISABLE is set; unset it" if disabled() else None)
    found = importlib.metadata.entry_points(group="mlflow.tracking_store", name="http")
    others = [point.value for point in found if not point.value.startswith("mlflow_ha.")]
    wrong = None
    if len(found) == len(others):
        wrong = "it is not installed where this runs; pip install mlflow-ha"
    elif others:
        wrong = f"others claim http: {others}; uninstall them or this"
    yield _judged("MLflow finds the plugin", wrong)
    try:
        declared = importlib.metadata.metadata("mlflow-ha")
    except importlib.metadata.PackageNotFoundError:
        return
    pythons = SpecifierSet(declared["Requires-Python"])
    yield _within("Python", platform.python_version(), pythons)
    for text in declared.get_all("Requires-Dist", []):
        requirement = Requirement(text)
        if requirement.name == "mlflow-skinny":
            yield _within("MLflow", VERSION, requirement.specifier)


def _within(what: str, version: str, tested: SpecifierSet) -> Finding:
    wrong = None
    if not tested.contains(version, prereleases=True):
        wrong = f"this is tested with {tested}; install one of these"
    return _judged(f"{what} {version} is tested", wrong, str(tested))


def _of_server(server: Server, sender: Sender) -> Iterator[Finding]:
    away = "it does not; look at its own status, or at the network"
    there = server.is_back()
    yield _judged(f"{server.address} takes writes", None if there else away)
    if there:
        yield _judged("the server accepts the credentials", _not_accepted(sender))
    yield Finding("the server tells repeated requests apart", *_ability(server))


def _not_accepted(sender: Sender) -> str | None:
    try:
        sender.send(_QUESTION, Deadline.after(_ASKING_SECONDS))
    except MlflowException as error:
        if error.get_http_status_code() in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return "it does not; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
    return None


def _ability(server: Server) -> tuple[Verdict, str]:
    match server.tells_repeats_apart:
        case True:
            return Verdict.OK, "by a key"
        case False:
            return Verdict.NOTE, "only by a tag on what was made: it does not know idempotency keys"
    return Verdict.NOTE, "not known until it answers"


def _of_spool(settings: MLflowSettings, address: str) -> Iterator[Finding]:
    if not settings.spool:
        off = "it is off; MLFLOW_HA_SPOOL=1 turns it on"
        yield Finding("the spool is used", Verdict.NOTE, off)
    name = "the spool can be written"
    try:
        # The kind of file system is looked at there, too.
        folder = Folder(settings.spool_dir, address)
        with opened(folder) as contents, contents.database.transaction() as do:
            do.execute("CREATE TABLE doctor (word TEXT)")
            do.execute("DROP TABLE doctor")
    except SpoolError as error:
        yield _judged(name, error.message)
        return
    yield _judged(name, None, str(folder.path))
    yield _judged("the spool is private", _not_private(folder.path))
    yield _judged("there is room for the spool", _no_room(folder.path))
    foreign = [path.name for path in _foreign(folder.path)]
    yield _judged(
        "nothing foreign is in the spool",
        f"{', '.join(foreign)} in {folder.path}; move it elsewhere" if foreign else None,
    )
    aside = any(folder.set_aside.iterdir())
    yield _judged(
        "no spool was set aside",
        f"see {folder.set_aside}; remove what you have looked at" if aside else None,
    )


def _not_private(path: Path) -> str | None:
    status = path.stat()
    if status.st_uid != os.geteuid():
        return f"{path} belongs to the user {status.st_uid}; set MLFLOW_HA_SPOOL_DIR to your own"
    # The folder itself is closed to others whenever it is used; here they could put another instead.
    mode = path.parent.stat().st_mode
    if mode & _OTHERS_MAY_WRITE and not mode & stat.S_ISVTX:
        return f"others may write to {path.parent}; chmod go-w {path.parent}"
    return None


def _no_room(path: Path) -> str | None:
    free = shutil.disk_usage(path).free
    if free >= _ROOM:
        return None
    mebibytes = free // 2**20
    return (
        f"{mebibytes} MiB are free on the disk of {path}, less than {_ROOM // 2**20}. Free some, or "
        "set MLFLOW_HA_SPOOL_DIR to another disk"
    )


def _foreign(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.name not in _OURS and p.suffix != ".lock")
