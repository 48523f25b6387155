"""Database addresses: from what an operator writes to what SQLAlchemy opens.

libpq's ``postgresql://u:p@a:5432,b:5432/db?target_session_attrs=read-write`` is
accepted although SQLAlchemy spells several hosts as ``?host=a:5432&host=b:5432``
(https://docs.sqlalchemy.org/en/20/dialects/postgresql.html, "specifying multiple
fallback hosts").
"""

import re
from collections.abc import Mapping

from sqlalchemy.engine import URL, make_url

DRIVER = "postgresql+psycopg2"

SOCKET_DEFAULTS: Mapping[str, str] = {
    "connect_timeout": "3",  # s per host; libpq's default is to wait for ever
    "keepalives": "1",
    "keepalives_idle": "5",  # s of silence before the first keepalive
    "keepalives_interval": "2",  # s between keepalives
    "keepalives_count": "3",  # lost keepalives: a dead peer shows within 5 + 3 * 2 s
    "tcp_user_timeout": "8000",  # ms that sent data may stay unacknowledged
}
"""What libpq is told about a peer that vanished, unless the address says otherwise.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

_SEVERAL_HOSTS = re.compile(
    r"^(?P<scheme>[^:]+)://(?:(?P<user>[^@/]*)@)?(?P<hosts>[^/?@]*,[^/?@]*)(?P<rest>/.*|\?.*|)$"
)


def parse(text: str) -> URL:
    """Return the address as SQLAlchemy's psycopg2 dialect wants it.

    Raises:
        ValueError: the address is not one of PostgreSQL; the text never repeats
            the password.
    """
    hosts: tuple[str, ...] = ()
    if match := _SEVERAL_HOSTS.match(text):
        hosts = tuple(match["hosts"].split(","))
        user = f"{match['user']}@" if match["user"] is not None else ""
        text = f"{match['scheme']}://{user}{match['rest']}"
    try:
        url = make_url(text)
    except Exception:  # noqa: BLE001  (make_url raises several; each would repeat the text)
        raise ValueError(
            "is not a database address; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        ) from None
    if url.drivername not in ("postgresql", "postgres", DRIVER):
        # psycopg 3 prepares statements on the server by itself, which a pooler in
        # transaction mode cannot carry; one driver keeps one set of error texts.
        raise ValueError(f"scheme {url.drivername}: must be postgresql or {DRIVER}")
    if not url.database:
        raise ValueError("names no database; add /mlflow to its path")
    url = url.set(drivername=DRIVER)
    return url.update_query_dict({"host": hosts}) if hosts else url


def with_socket_defaults(url: URL, application_name: str) -> URL:
    """Return the address with time-outs and a name, where it gave none."""
    wanted = {**SOCKET_DEFAULTS, "application_name": application_name}
    return url.update_query_dict({k: v for k, v in wanted.items() if k not in url.query})


def with_pool(url: URL, engine: str, size: int, timeout_seconds: float) -> URL:
    """Return the address that makes SQLAlchemy load engine_plugin.py with these values."""
    return url.update_query_dict(
        {
            "plugin": "mlflow_ha",
            "mlflow_ha_engine": engine,
            "mlflow_ha_pool_size": str(size),
            "mlflow_ha_pool_timeout": str(timeout_seconds),
        }
    )


def text(url: URL) -> str:
    """Return the address with its password, for those who must log in."""
    return url.render_as_string(hide_password=False)
