"""The write that /writable tries: this instance's row, through MLflow's own pool."""

from sqlalchemy import Engine, exc, text

from mlflow_ha_server.journal import symptom_of
from mlflow_ha_server.symptoms import REMEDY, Kind, classify

_UPSERT = text(
    "INSERT INTO mlflow_ha.heartbeat (instance, at) VALUES (:instance, now())"
    " ON CONFLICT (instance) DO UPDATE SET at = excluded.at"
)


def beat(engine: Engine, instance: str) -> str | None:
    """Commit the row; return what went wrong, None if nothing."""
    try:
        with engine.begin() as connection:
            connection.execute(_UPSERT, {"instance": instance})
    except exc.TimeoutError:
        return _explained(Kind.POOL_TIMEOUT)
    except exc.DBAPIError as error:
        kind = classify(
            symptom_of(
                error.orig or error,
                disconnect=error.connection_invalidated,
                connecting=error.statement is None and not error.connection_invalidated,
            )
        )
        return _explained(kind) if kind else f"the write failed: {type(error.orig).__name__}"
    return None


def _explained(kind: Kind) -> str:
    return f"{kind}: {REMEDY[kind]}"


def saturated(engine: Engine, pool_size: int) -> bool:
    """Return whether all of the pool's connections are in use."""
    checked_out = getattr(engine.pool, "checkedout", None)
    return checked_out is not None and checked_out() >= pool_size
