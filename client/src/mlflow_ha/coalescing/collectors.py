"""One collector for each server in this process: begun once, anew after a fork, ended with it."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_ha.address import redacted
from mlflow_ha.coalescing.collector import Collector
from mlflow_ha.coalescing.ways import Direct, Spooled
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import MlflowHaError
from mlflow_ha.settings import MLflowSettings, current

if TYPE_CHECKING:
    from mlflow_ha.coalescing.journal import Journal

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Begun:
    collector: Collector
    journal: Journal | None


_begun: dict[str, _Begun] = {}
_abandoned: list[dict[str, _Begun]] = []
"""Kept from the garbage collector, which would close the parent's files."""
_lock = threading.Lock()


def collector_to(uri: str) -> Collector:
    """Return this process's collector for the server at a tracking or registry URI.

    Raises:
        SpoolError: There is to be a spool, and it cannot be used.
    """
    known = _begun.get(uri)
    if known is not None:
        return known.collector
    with _lock:
        if uri not in _begun:
            _begun[uri] = next(
                (known for place, known in _begun.items() if redacted(place) == redacted(uri)), None
            ) or _begin(uri, current())
        return _begun[uri].collector


def flush_all(deadline: Deadline) -> bool:
    """Have everything sent that was logged; False if something still waits at the deadline."""
    for collector in _collectors():
        try:
            collector.flush("", deadline)
        except MlflowHaError as error:
            _log.warning("%s", error)
    return not any(collector.waiting for collector in _collectors())


def tell_all() -> None:
    """Raise what was refused of it.

    Raises:
        MlflowException: As the server said it.
    """
    for collector in _collectors():
        collector.tell("")


def _collectors() -> list[Collector]:
    with _lock:
        return [known.collector for known in _begun.values()]


def close_all() -> None:
    """Send what was logged, at the end of this process."""
    deadline = Deadline.after(current().deadline)
    for known in {id(one): one for one in _begun.values()}.values():
        try:
            known.collector.close(deadline)
        except MlflowHaError as error:
            kept = "They are kept on disk." if known.journal else "They are lost."
            _log.error("%d calls were not sent. %s %s", known.collector.waiting, kept, error)
        if known.journal:
            try:
                known.journal.close()
            except MlflowHaError as error:
                _log.error("%d calls are lost. %s", known.collector.waiting, error)
    _begun.clear()


def _begin(uri: str, settings: MLflowSettings) -> _Begun:
    way, journal = (
        (Spooled(uri, settings), _journal(uri, settings))
        if settings.spool
        else (Direct(uri, settings), None)
    )
    collector = Collector(
        way,
        window=settings.coalesce_seconds,
        most_values=settings.coalesce_values,
        patience=settings.deadline,
        journal=journal,
    )
    return _Begun(collector, journal)


def _journal(uri: str, settings: MLflowSettings) -> Journal:
    from mlflow_ha.coalescing.journal import Journal, adopt  # noqa: PLC0415  (only who spools pays)
    from mlflow_ha.spool.keeper import keeper_to  # noqa: PLC0415
    from mlflow_ha.spool.successor import start  # noqa: PLC0415

    keeper = keeper_to(uri)
    if adopt(keeper.folder):
        keeper.worker.wake()

    def begun(journal: Path) -> None:
        if settings.spool_successor_hours > 0:
            start(keeper.folder, uri, "mlflow_ha.coalescing.heir", keeper.folder.path, journal)

    return Journal(keeper.folder, settings.coalesce_seconds, begun)


def _begin_anew() -> None:
    # What waits is the parent's to send.
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    for known in _begun.values():
        if known.journal:
            known.journal.abandon()
    _abandoned.append(dict(_begun))
    _begun.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
