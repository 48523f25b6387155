"""The pool of every MLflow engine, configured through the database URI.

MLflow creates its engines itself and offers no way to set the pool's time-out or
an overflow of zero (``MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW=0`` is dropped as
false, mlflow/store/db/utils.py:create_sqlalchemy_engine). SQLAlchemy's documented
``CreateEnginePlugin`` does, and reaches every engine that uses the address.
"""

from typing import Any

from sqlalchemy import exc
from sqlalchemy.engine import URL, CreateEnginePlugin
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from mlflow_ha_server import journal

_ENGINE, _SIZE, _TIMEOUT = "mlflow_ha_engine", "mlflow_ha_pool_size", "mlflow_ha_pool_timeout"


class JournaledPool(QueuePool):
    """A pool that notes what is held of it, and its time-outs, which have no event."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection, as every pool does."""
        try:
            connection = super().connect()
        except exc.TimeoutError:
            journal.note_pool_timeout()
            raise
        journal.note_checkout(connection, self.logging_name or "unnamed")
        return connection


class EnginePlugin(CreateEnginePlugin):
    """Reads the pool's numbers from the URI and gives them to ``create_engine``."""

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        """Set the pool's arguments; those MLflow gave are replaced."""
        kwargs["poolclass"] = JournaledPool
        kwargs["pool_logging_name"] = str(url.query[_ENGINE])
        kwargs["pool_size"] = int(str(url.query[_SIZE]))
        kwargs["pool_timeout"] = float(str(url.query[_TIMEOUT]))
        kwargs["max_overflow"] = 0
        kwargs["pool_use_lifo"] = True  # idle connections age out at the pooler's end
        # MLflow copies the error's text into answers and logs.
        kwargs["hide_parameters"] = True
        journal.listen()

    def update_url(self, url: URL) -> URL:
        """Return the address without what only this plugin understands."""
        return url.difference_update_query((_ENGINE, _SIZE, _TIMEOUT))
