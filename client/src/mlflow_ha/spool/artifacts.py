"""Artifacts where a spool is used: sent at once if that is possible, kept if not."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlflow.entities import FileInfo

from mlflow_ha.artifact_repository import files_of, storage_at
from mlflow_ha.errors import TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.spool import offline
from mlflow_ha.spool.keeper import Keeper, keeper_to


def log(server: str, root: str, source: Path, artifact_path: str | None) -> None:
    """Put a file, or the files of a folder, below `root`, now or later.

    Raises:
        SpoolError: They can be neither sent nor kept.
    """
    keeper = keeper_to(server)
    message = _about(root, {"artifact_path": artifact_path})
    if not keeper.log.waits:
        place = keeper.translated(message).endpoint
        try:
            storage_at(place, server).send(source, artifact_path, keeper.patience().left)
        except TrackingUnavailable:
            pass
        else:
            return
    keeper.staging.keep(message.key, source)
    try:
        keeper.keep(message, staged=True)
    except BaseException:
        keeper.staging.remove(message.key)
        raise


def listing(server: str, root: str, path: str | None) -> list[FileInfo]:
    """Return what is at a path below `root`: as the server says it, with what waits for it."""
    keeper = keeper_to(server)
    found: dict[str, FileInfo] = {}
    if not keeper.is_pending(root):
        place = keeper.translated(_about(root)).endpoint
        found = {info.path: info for info in storage_at(place, server).list_now(path)}
    prefix = f"{path}/" if path else ""
    for place, file in _kept(keeper, root):
        if place.startswith(prefix):
            name, _, deeper = place.removeprefix(prefix).partition("/")
            whole = posixpath.join(path or "", name)
            size = None if deeper else file.stat().st_size
            found[whole] = FileInfo(whole, bool(deeper), size)
    return [found[name] for name in sorted(found)]


def fetch(server: str, root: str, path: str, local_path: str) -> None:
    """Copy a file that waits, or get it from the server."""
    keeper = keeper_to(server)
    if kept := dict(_kept(keeper, root)).get(path):
        shutil.copyfile(kept, local_path)
        return
    place = keeper.translated(_about(root)).endpoint
    storage_at(place, server).fetch_now(path, local_path)


def _about(root: str, body: dict[str, Any] | None = None) -> Message:
    return Message(offline.ARTIFACTS, "PUT", root, body)


def _kept(keeper: Keeper, root: str) -> Iterator[tuple[str, Path]]:
    """Every file that waits below a root, under either name of it; later ones come later."""
    wanted = keeper.translated(_about(root)).endpoint
    for operation in keeper.log.with_files():
        if keeper.translated(operation.message).endpoint != wanted:
            continue
        below = (operation.message.body or {}).get("artifact_path")
        for file, folder in files_of(keeper.staging.of(operation.message.key), below):
            yield posixpath.join(folder or "", file.name), file
