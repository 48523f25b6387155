"""Patroni and the PostgreSQL it runs: quorum synchronous replication, strict; WAL is archived."""

from __future__ import annotations

import json
from typing import Any

from local.layout import ETCD_CLIENT, PATRONI, POSTGRES
from local.services.rendering import render
from local.services.wal_archive import archive_command, key_file, key_text
from local.site import Service, Site

SCOPE = "mlflow-ha"


def service(site: Site, host: str) -> Service:
    config = site.etc(host) / "patroni.yml"
    return Service(
        name="patroni",
        kind="postgres",
        port=POSTGRES,
        command=(site.python, "-m", "patroni", str(config)),
        files={
            config.name: _configuration(site, host),
            key_file(site, host).name: key_text(site),
        },
        stop_seconds=30,
    )


def shared_configuration(site: Site) -> dict[str, Any]:
    """What all nodes agree on and Patroni keeps in etcd; sent again at every start."""
    failover, database = site.settings.failover, site.settings.database
    return {
        "ttl": failover.lease,
        "loop_wait": failover.loop_wait,
        "retry_timeout": failover.retry_timeout,
        # A crashed primary is replaced at once instead of being waited for (default 300 s).
        "primary_start_timeout": 0,
        "maximum_lag_on_failover": failover.maximum_lag_bytes,
        "synchronous_mode": "quorum",
        # Strict: with no standby left, writes wait. Without it they would be acknowledged on one
        # node alone, and lost with it.
        "synchronous_mode_strict": True,
        "synchronous_node_count": database.synchronous_nodes,
        "postgresql": {
            "use_pg_rewind": True,
            "use_slots": True,
            "parameters": _parameters(site),
        },
    }


def _parameters(site: Site) -> dict[str, str | int]:
    failover, database = site.settings.failover, site.settings.database
    return {
        "max_connections": database.max_connections,
        "shared_buffers": "96MB",
        "jit": "off",
        "wal_level": "replica",
        "hot_standby": "on",
        # on, not always: only the primary sends, so no two nodes send the same name.
        "archive_mode": "on",
        "archive_timeout": site.settings.local.archive_timeout,
        "max_wal_senders": 10,
        "max_replication_slots": 10,
        "wal_keep_size": "256MB",
        "wal_log_hints": "on",
        "max_wal_size": "1GB",
        "synchronous_commit": "on",
        "wal_sender_timeout": "5s",
        "wal_receiver_timeout": "5s",
        "wal_retrieve_retry_interval": "500ms",
        "tcp_user_timeout": failover.tcp_user_timeout_ms,
        "tcp_keepalives_idle": 5,
        "tcp_keepalives_interval": 1,
        "tcp_keepalives_count": 3,
        "idle_in_transaction_session_timeout": "60s",
        "lock_timeout": f"{database.lock_timeout:g}s",
        "password_encryption": "scram-sha-256",
        "log_line_prefix": "%m [%p] %q%u@%d %a ",
        "log_checkpoints": "on",
        "log_lock_waits": "on",
        "log_min_duration_statement": "1s",
    }


def _configuration(site: Site, host: str) -> str:
    layout = site.layout
    return render(
        "patroni.yml.j2",
        scope=SCOPE,
        host=host,
        address=layout.address(host),
        network=_client_network(site),
        data=site.data(host) / "postgres",
        passfile=site.etc(host) / "pgpass",
        postgres_bin=site.programs.postgres,
        postgres_port=POSTGRES,
        patroni_port=PATRONI,
        etcd=[f"{layout.address(name)}:{ETCD_CLIENT}" for name in layout.names("dcs")],
        archive_command=json.dumps(archive_command(site, host)),
        passwords=site.passwords,
        shared=json.dumps(shared_configuration(site)),
    )


def _client_network(site: Site) -> str:
    if site.layout.isolated:
        return str(site.layout.network)
    return "127.0.0.0/8"
