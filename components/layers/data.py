"""The database, who may log in to it, and how both are brought back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.backup import Backup, BackupArgs, Saved
from components.database import Database
from components.database_parts import DatabaseArgs, Server
from components.database_plan import proxy_percent
from components.database_proxy import DatabaseProxy, DatabaseProxyArgs
from components.layers.foundation import Foundation
from components.layers.site import NAME, Site
from components.logins import Login, Logins, LoginsArgs, Role


@dataclass(frozen=True, kw_only=True)
class Data:
    """The database of an environment that serves.

    Attributes:
        proxy: None where tasks ask the writer themselves.
    """

    server: Server
    logins: Mapping[Role, Login]
    proxy: DatabaseProxy | None
    backup: Backup


def data(site: Site, base: Foundation) -> Data:
    """Build the database and what belongs to it."""
    rds = site.aws.rds
    logins = Logins(
        NAME,
        LoginsArgs(
            generations=rds.logins,
            with_master=not rds.manage_master_secret,
            key_arn=base.keys.secrets,
            region=site.aws.region,
            protected=site.protected,
            tags=site.tags,
        ),
    ).by_role
    server = database(site, base, logins.get("master"))
    return Data(
        server=server,
        logins=logins,
        proxy=_proxy(site, base, server, logins) if rds.proxy else None,
        backup=vault(site, base, server),
    )


def database(site: Site, base: Foundation, master: Login | None) -> Server:
    """Build the database alone; a pilot light has it where it can follow another region's."""
    return Database(
        f"{NAME}-database",
        DatabaseArgs(
            environment=site.environment,
            rds=site.aws.rds,
            max_connections=site.settings.database.max_connections,
            lock_timeout=site.settings.database.lock_timeout,
            subnet_ids=list(base.network.isolated_subnet_ids.values()),
            security_group_id=base.groups.database,
            key_arn=base.keys.database,
            secrets_key_arn=base.keys.secrets,
            log_key_arn=base.keys.logs,
            log_days=site.aws.watch.log_days,
            events_topic_arn=base.alerts.topic_arn,
            master=master,
            account_id=site.account_id,
            region=site.aws.region,
            protected=site.protected,
            tags=site.tags,
        ),
    ).server


def vault(site: Site, base: Foundation, server: Server | None) -> Backup:
    """Build the vault, with a plan for what is to be saved; a pilot light only receives copies."""
    return Backup(
        f"{NAME}-backup",
        BackupArgs(
            recovery=site.aws.recovery,
            saved=_saved(base, server) if server else None,
            key_arn=base.keys.backups,
            topic_arn=base.alerts.topic_arn,
            account_id=site.account_id,
            protected=site.protected,
            tags=site.tags,
        ),
    )


def _saved(base: Foundation, server: Server) -> Saved:
    return Saved(
        database_arn=server.arn,
        bucket_arn=base.store.arn,
        bucket_key_arn=base.keys.artifacts,
    )


def _proxy(
    site: Site, base: Foundation, server: Server, logins: Mapping[Role, Login]
) -> DatabaseProxy:
    budget = site.settings.database
    return DatabaseProxy(
        f"{NAME}-proxy",
        DatabaseProxyArgs(
            server=server,
            login_secret_arns={role: logins[role].arn for role in ("app_a", "app_b")},
            secrets_key_arn=base.keys.secrets,
            max_connections_percent=proxy_percent(
                fleet=site.settings.fleet_connections,
                max_connections=budget.max_connections,
                operators=budget.operator_connections,
            ),
            borrow_timeout=site.settings.failover.query_wait,
            subnet_ids=list(base.subnet_ids.values()),
            security_group_id=base.groups.proxy,
            events_topic_arn=base.alerts.topic_arn,
            account_id=site.account_id,
            region=site.aws.region,
            tags=site.tags,
        ),
    )
