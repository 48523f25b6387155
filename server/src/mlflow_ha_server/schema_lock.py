"""The lock that whoever changes the schema, or needs it to stand still, holds alone."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

_LOCK = 0x6D6C_6861_0002
_POLL_SECONDS = 0.25
_REPORT_SECONDS = 5.0

_log = logging.getLogger(__name__)


class LockedError(Exception):
    """Somebody else held the lock for longer than we may wait."""


@contextmanager
def alone(engine: Engine, wait_seconds: float) -> Iterator[None]:
    """Hold the lock: one migration, dump or restore at a time in the whole fleet.

    A dump takes it too: a migration's ALTER TABLE would wait for the dump's read locks, and every
    request of every instance would queue behind that ALTER.

    Raises:
        LockedError: it was not free in time.
    """
    deadline = time.monotonic() + wait_seconds
    report = time.monotonic()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        query = text(f"SELECT pg_try_advisory_lock({_LOCK})")
        while not connection.execute(query).scalar():
            if time.monotonic() >= deadline:
                raise LockedError(
                    f"another migration, dump or restore still holds the lock after"
                    f" {wait_seconds:g} s; see pg_stat_activity (application_name mlflow-ha-*), or"
                    " raise MLFLOW_HA_SERVER_MIGRATE_WAIT_SECONDS"
                )
            if time.monotonic() >= report:
                _log.info("another migration, dump or restore is running; waiting for it")
                report = time.monotonic() + _REPORT_SECONDS
            time.sleep(_POLL_SECONDS)
        yield
