"""One instance: waits for the schema, then serves until it is told to stop."""

import gc
import logging
import os
import signal
import sys
import threading
import time

import uvicorn
from sqlalchemy import Engine, NullPool, create_engine, exc

from mlflow_ha_server import database_uri, schema
from mlflow_ha_server.app import create_app
from mlflow_ha_server.configuration import ServeConfiguration
from mlflow_ha_server.health import Instance

_POLL_SECONDS = 0.5
_REPORT_SECONDS = 5.0
_LAST_GRACE_SECONDS = 2.0

_log = logging.getLogger(__name__)


class SchemaError(Exception):
    """The schema did not become what this release needs."""


def wait_for_schema(configuration: ServeConfiguration) -> None:
    """Return once the schema is current.

    Raises:
        SchemaError: it was not in time; the message says what was missing.
    """
    address = database_uri.with_socket_defaults(
        database_uri.parse(configuration.database_uri.get_secret_value()),
        f"mlflow-{configuration.instance}-start",
    )
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True)
    deadline = time.monotonic() + configuration.schema_wait_seconds
    report = time.monotonic()
    while found := _problems(engine):
        now = time.monotonic()
        if now >= deadline:
            raise SchemaError(
                f"not ready after {configuration.schema_wait_seconds:g} s: {'; '.join(found)}"
            )
        if now >= report:
            _log.info("waiting for the schema: %s", "; ".join(found))
            report = now + _REPORT_SECONDS
        time.sleep(_POLL_SECONDS)


def _problems(engine: Engine) -> list[str]:
    try:
        return schema.problems(engine)
    except exc.DBAPIError as error:
        return [f"the database cannot be read: {str(error.orig).strip().partition(chr(10))[0]}"]


class _Server(uvicorn.Server):
    """Uvicorn, told to stop in three steps: /ready fails, requests finish, the process ends."""

    def __init__(
        self, config: uvicorn.Config, instance: Instance, notice: float, drain: float
    ) -> None:
        super().__init__(config)
        self._instance = instance
        self._notice = notice
        self._drain = drain

    def handle_exit(self, sig: int, frame: object) -> None:
        """Begin to drain; a second signal ends the waiting."""
        del sig, frame
        if self._instance.draining:
            self.should_exit = True
            return
        self._instance.draining = True
        for seconds, step in (
            (self._notice, self._stop_accepting),
            (self._notice + self._drain + _LAST_GRACE_SECONDS, self._give_up),
        ):
            timer = threading.Timer(seconds, step)
            timer.daemon = True
            timer.start()

    def _stop_accepting(self) -> None:
        self.should_exit = True

    def _give_up(self) -> None:
        # A thread that hangs on a frozen database cannot be stopped from within.
        _log.error("requests are still running after %g s of draining; leaving", self._drain)
        logging.shutdown()
        os._exit(1)


def _spare_the_collector() -> None:
    """Take what start-up made out of the garbage collector's sight: it lives as long as we do.

    MLflow's imports leave some hundred thousand objects, and a log_batch makes enough new ones to
    have them all looked through again: a fifth of its processor time, measured with a sampling
    profiler. https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()


def serve(configuration: ServeConfiguration) -> None:
    """Serve until SIGTERM or SIGINT, then drain."""
    wait_for_schema(configuration)
    app = create_app(configuration)
    _spare_the_collector()
    config = uvicorn.Config(
        app,
        host=configuration.host,
        port=configuration.port,
        workers=1,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=configuration.keep_alive_seconds,
        timeout_graceful_shutdown=max(1, round(configuration.drain_seconds)),
    )
    server = _Server(
        config, app.instance, configuration.drain_notice_seconds, configuration.drain_seconds
    )
    # Uvicorn restores the handlers it found; a second SIGTERM must not kill what is
    # already leaving in good order.
    signal.signal(signal.SIGTERM, _leave)
    server.run()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _leave(_signal: int, _frame: object) -> None:
    sys.exit(0)
