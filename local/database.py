"""PostgreSQL on one host, asked directly: past poolers and balancers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from local.hosts import Host
from local.layout import POSTGRES
from local.site import Site


@contextmanager
def cursor(site: Site, host: Host, *, database: str = "postgres", within: float) -> Iterator[Any]:
    """A superuser's cursor on this very host, each statement a transaction of its own.

    Args:
        site: The cluster.
        host: Where to connect; whether it is the primary is for the caller to know.
        database: Which of its databases.
        within: Seconds, for connecting and for every statement.

    Raises:
        psycopg2.Error: It did not answer, or refused.
    """
    with host.entered():
        connection = psycopg2.connect(
            host=host.address,
            port=POSTGRES,
            dbname=database,
            user="postgres",
            password=site.passwords.postgres_superuser,
            connect_timeout=max(1, round(within)),
            options=f"-c statement_timeout={within * 1000:.0f}",
            tcp_user_timeout=round(within * 1000),
        )
    try:
        connection.autocommit = True
        with connection.cursor() as open_cursor:
            yield open_cursor
    finally:
        connection.close()
