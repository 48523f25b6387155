"""The application: MLflow's own, and around it what several instances need.

From the outside in: access log, health, answers, slots, idempotency, authentication, MLflow.
MLflow is imported inside :func:`create_app` only, once its environment is set.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import anyio.to_thread
from sqlalchemy import Engine

from mlflow_ha_server import database_uri, heartbeat, journal, logs, mlflow_environment
from mlflow_ha_server.access_log import AccessLog
from mlflow_ha_server.answers import Answers
from mlflow_ha_server.asgi import App, Message, Receive, Scope, Send
from mlflow_ha_server.authentication import Authentication
from mlflow_ha_server.configuration import ServeConfiguration
from mlflow_ha_server.health import Health, Instance, Probe
from mlflow_ha_server.idempotency import Idempotency
from mlflow_ha_server.idempotency_records import Records
from mlflow_ha_server.pool import JOBS
from mlflow_ha_server.slots import Slots


class HaApp:
    """The outermost ASGI application; knows when it is initialised."""

    def __init__(self, app: App, instance: Instance, configuration: ServeConfiguration) -> None:
        """Take the wrapped application."""
        self._app = app
        self.instance = instance
        # An API request or a transfer uses one thread at a time, a download's
        # stream another; some are left for UI files.
        self._threads = configuration.api_concurrency + 2 * configuration.artifact_concurrency + 8

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the application's start and end."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def watched_send(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self.instance.initialised = True
            await send(message)

        # Both defaults (40, and 6 on two cores) are below what the slots admit.
        anyio.to_thread.current_default_thread_limiter().total_tokens = max(40, self._threads)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self._threads))
        await self._app(scope, receive, watched_send)


def create_app(configuration: ServeConfiguration | None = None) -> HaApp:
    """Return the application; the factory behind ``mlflow server --app-name mlflow-ha``.

    Verifies nothing about the schema: serve.py has. Under ``mlflow server`` the
    variables of this package are read from the environment.
    """
    configuration = configuration or ServeConfiguration.from_environment(os.environ)
    logs.configure(configuration.instance)
    journal.listen()
    with mlflow_environment.in_place(configuration):
        # MLflow reads its environment while it is imported.
        from mlflow.server import app as flask_app  # noqa: PLC0415
        from mlflow.server import auth  # noqa: PLC0415
        from mlflow.server.handlers import (  # noqa: PLC0415
            _get_job_store,
            _get_model_registry_store,
            _get_tracking_store,
        )

        from mlflow_ha_server import idempotency_sessions, idempotency_stores  # noqa: PLC0415
        from mlflow_ha_server.wsgi import bound_the_bridge  # noqa: PLC0415

        mlflow_app = auth.create_app(flask_app)
    bound_the_bridge(mlflow_app)
    tracking_store = _get_tracking_store()
    engine: Engine = tracking_store.engine
    idempotency_stores.attach(tracking_store, _get_model_registry_store())
    idempotency_sessions.listen()
    # Kept by MLflow; without an address of its own it would get a second tracking pool.
    _get_job_store(database_uri.text(configuration.database(JOBS)))

    instance = Instance(configuration.instance)
    probe = Probe(
        partial(heartbeat.beat, engine, configuration.instance),
        configuration.probe_seconds,
        partial(heartbeat.saturated, engine, configuration.pool_size),
    )
    app: App = Idempotency(Authentication(mlflow_app, auth), Records(engine))
    app = Slots(
        app,
        api=configuration.api_concurrency,
        artifact=configuration.artifact_concurrency,
        queue_seconds=configuration.queue_seconds,
    )
    app = AccessLog(Health(Answers(app), instance, probe))
    return HaApp(app, instance, configuration)
