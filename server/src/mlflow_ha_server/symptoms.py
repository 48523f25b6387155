"""What a database error says about the transaction it ended: pure, no I/O.

SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Failures that pass by themselves; the value travels in X-MLflow-HA-Failure."""

    READ_ONLY = "read-only"
    CONNECTION_LOST = "connection-lost"
    UNREACHABLE = "database-unreachable"
    TOO_MANY_CONNECTIONS = "too-many-connections"
    SERIALIZATION = "serialization"
    DEADLOCK = "deadlock"
    POOLER = "pooler"
    POOL_TIMEOUT = "pool-timeout"
    OVERLOADED = "overloaded"
    DRAINING = "draining"


REMEDY: dict[Kind, str] = {
    Kind.READ_ONLY: "the database accepts no writes now (a failover is likely under way)",
    Kind.CONNECTION_LOST: "the connection to the database was lost before anything was committed",
    Kind.UNREACHABLE: "no connection to the database could be opened",
    Kind.TOO_MANY_CONNECTIONS: "the database has no connection left",
    Kind.SERIALIZATION: "the database rolled the transaction back for another one",
    Kind.DEADLOCK: "the database rolled the transaction back to end a deadlock",
    Kind.POOLER: "the connection pooler could not reach the database",
    Kind.POOL_TIMEOUT: "no pooled connection became free in time",
    Kind.OVERLOADED: "no slot became free in time",
    Kind.DRAINING: "this instance is shutting down",
}


@dataclass(frozen=True)
class Symptom:
    """What one failed database call showed.

    Attributes:
        sqlstate: the server's five characters; None if the reply never came.
        message: first line of the driver's text.
        disconnect: SQLAlchemy found the connection unusable.
        connecting: the error came while opening the connection.
        operational: the driver calls it an error of operation, not of the statement.
    """

    sqlstate: str | None
    message: str
    disconnect: bool = False
    connecting: bool = False
    operational: bool = True


_BY_SQLSTATE = {
    "25006": Kind.READ_ONLY,
    "25P03": Kind.CONNECTION_LOST,  # idle_in_transaction_session_timeout
    "40001": Kind.SERIALIZATION,
    "40P01": Kind.DEADLOCK,
    "53300": Kind.TOO_MANY_CONNECTIONS,
    "57P01": Kind.CONNECTION_LOST,  # admin_shutdown
    "57P02": Kind.CONNECTION_LOST,  # crash_shutdown
    "57P03": Kind.UNREACHABLE,  # cannot_connect_now
    "57P05": Kind.CONNECTION_LOST,  # idle_session_timeout
}

# PgBouncer 1.18 to 1.24, src/*.c: its errors carry SQLSTATE 08P01 or, before a
# login is complete, reach libpq as a bare text.
_POOLER_TEXTS = (
    "query_wait_timeout",
    "server login failed",
    "server login has been failing",
    "server_login_retry",
    "pgbouncer cannot connect to server",
    "server conn crashed",
    "client_login_timeout",
    "pooler error",
    "pooler is shut down",
    "no more connections allowed (max_client_conn)",
    "database removed",
    "server_lifetime",
)

# A login refused for who asks, not for when: no retry cures it.
_CONFIGURATION_TEXTS = (
    "password authentication failed",
    "no pg_hba.conf entry",
    "no such database",
    "no such user",
    "SASL authentication failed",
)


def classify(symptom: Symptom) -> Kind | None:
    """Return the passing failure behind a symptom, or None if it is not one."""
    text = symptom.message.lower()
    if symptom.sqlstate in _BY_SQLSTATE:
        return _BY_SQLSTATE[symptom.sqlstate]
    if any(known in text for known in _POOLER_TEXTS):
        return Kind.POOLER
    if symptom.connecting:
        return _classify_connecting(symptom, text)
    if (symptom.sqlstate or "").startswith("08") or symptom.disconnect:
        return Kind.CONNECTION_LOST
    return None


def _classify_connecting(symptom: Symptom, text: str) -> Kind | None:
    # psycopg2 gives no SQLSTATE for a connection that was never made.
    if any(known.lower() in text for known in _CONFIGURATION_TEXTS):
        return None
    if "role" in text and "does not exist" in text:
        return None
    if "database" in text and "does not exist" in text:
        return None
    if "too many clients" in text or "remaining connection slots" in text:
        return Kind.TOO_MANY_CONNECTIONS
    if "session is read-only" in text or "session is not read-write" in text:
        return Kind.READ_ONLY
    return Kind.UNREACHABLE if symptom.operational or symptom.disconnect else None


# Classes in which an ERROR in reply to COMMIT is the server's word that it rolled back.
_CERTAIN_ABORTS = ("22", "23", "25", "40", "42", "53", "54", "55")


def aborted_for_certain(symptom: Symptom) -> bool:
    """Return whether a failed COMMIT is known to have committed nothing.

    57P01 is not: a server told to shut down while a commit waits for its standby
    answers so although the commit stands. Nor is 08xxx, which a pooler also sends.
    """
    if symptom.disconnect or symptom.sqlstate is None:
        return False
    # 40003 is statement_completion_unknown; 25P03 ends the session.
    return symptom.sqlstate[:2] in _CERTAIN_ABORTS and symptom.sqlstate not in ("40003", "25P03")
