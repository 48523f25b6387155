"""PgBouncer beside each MLflow: queries wait in it while a new primary is being found."""

from __future__ import annotations

from local.layout import PGBOUNCER, POSTGRES
from local.services.rendering import render
from local.site import Service, Site

APP_ROLE = "mlflow_app"
DATABASE = "mlflow"


def service(site: Site, host: str) -> Service:
    config = site.etc(host) / "pgbouncer.ini"
    users = site.etc(host) / "pgbouncer-users.txt"
    return Service(
        name="pgbouncer",
        kind="pgbouncer",
        port=PGBOUNCER,
        command=(site.programs["pgbouncer"], str(config)),
        files={
            config.name: render(
                "pgbouncer.ini.j2",
                address=site.layout.address(host),
                port=PGBOUNCER,
                database=DATABASE,
                primary_port=POSTGRES,
                users=users,
                pool=site.settings.tracking.connections_per_instance,
                query_wait=site.settings.failover.query_wait,
                tcp_user_timeout=site.settings.failover.tcp_user_timeout_ms,
            ),
            users.name: f'"{APP_ROLE}" "{site.passwords.postgres_app}"\n',
        },
        stop_seconds=5,
    )
