"""The copies of files that wait, until they are where they belong."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path

from mlflow_ha.errors import SpoolError

_CARRIES_NAMES = "MLmodel"
_ABANDONED_SECONDS = 86400.0
"""A copy that belongs to no operation was begun by a process that died; none takes a day."""


class Staging:
    """A folder with one folder for each operation that has files.

    Args:
        folder: In the spool.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, key: str) -> Path:
        """The files of the operation with that key."""
        return self._folder / key

    def keep(self, key: str, source: Path) -> None:
        """Copy a file, or what is in a folder; it is whole, and on disk, when this returns.

        Raises:
            SpoolError: The disk is full, or the source cannot be read.
        """
        whole = self.of(key)
        part = whole.with_name(f"{key}.part")
        try:
            if source.is_dir():
                shutil.copytree(source, part)
            else:
                part.mkdir()
                shutil.copy2(source, part / source.name)
            os.utime(part)  # a copied folder is as old as its source; this one is new here
            for path in (*part.rglob("*"), part):
                _to_disk(path)
            part.rename(whole)
            _to_disk(self._folder)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            raise SpoolError(
                f"{source} could not be kept in {self._folder}: {error}. Free space there, or set "
                "MLFLOW_HA_SPOOL_DIR to a larger disk"
            ) from error

    def translated(self, key: str, translate: Callable[[str], str]) -> Path:
        """Return the files of an operation, the server's names in those that carry any."""
        whole = self.of(key)
        for file in whole.rglob(_CARRIES_NAMES):
            fresh = file.with_name(f".{file.name}.new")
            fresh.write_text(translate(file.read_text(encoding="utf-8")), encoding="utf-8")
            fresh.replace(file)
        return whole

    def texts(self, key: str) -> list[str]:
        """What stands in the files of an operation that carry names."""
        return [file.read_text(encoding="utf-8") for file in self.of(key).rglob(_CARRIES_NAMES)]

    def remove(self, key: str) -> None:
        shutil.rmtree(self.of(key), ignore_errors=True)

    def remove_abandoned(self, keys: Collection[str]) -> None:
        """Remove old copies that belong to none of these operations."""
        for folder in self._folder.iterdir():
            age = time.time() - folder.stat().st_mtime
            if folder.name not in keys and age > _ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
