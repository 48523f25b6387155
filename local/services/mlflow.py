"""One MLflow instance, as server/ builds it."""

from __future__ import annotations

from local.buckets import REGION, artifacts
from local.layout import MLFLOW, PGBOUNCER, POSTGRES
from local.services.pgbouncer import APP_ROLE, DATABASE
from local.site import Service, Site

PREFIX = "MLFLOW_HA_SERVER_"
COMMAND = ("-m", "mlflow_ha_server")


def service(site: Site, host: str) -> Service:
    return Service(
        name="mlflow",
        kind="mlflow",
        port=MLFLOW,
        command=(site.python, *COMMAND, "serve"),
        environment={**object_store(site), **_instance(site, host)},
        # Longer than the server gives requests in flight (its DRAIN_SECONDS, 25).
        stop_seconds=30,
    )


def object_store(site: Site) -> dict[str, str]:
    """How boto3 reaches the artifacts.

    Through the front door: MLflow's client moves large files itself, over URLs that MLflow signs
    for exactly this address.
    """
    bucket = artifacts(site)
    return {
        "MLFLOW_S3_ENDPOINT_URL": site.layout.object_endpoint,
        "AWS_ENDPOINT_URL": site.layout.object_endpoint,
        "AWS_ACCESS_KEY_ID": bucket.access_key,
        "AWS_SECRET_ACCESS_KEY": bucket.key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def preparation(site: Site, primary: str) -> dict[str, str]:
    """What `provision` and `migrate` need: straight to the writer, past pooler and balancer.

    Args:
        site: The cluster.
        primary: The host asked first. libpq stops at a host that refuses a log-in, as a standby
            does while it has not yet replayed the role's creation.
    """
    secrets = site.passwords
    nodes = [primary, *(name for name in site.layout.names("db") if name != primary)]
    hosts = ",".join(f"{site.layout.address(name)}:{POSTGRES}" for name in nodes)
    return {
        f"{PREFIX}ADMIN_DATABASE_URI": _direct(
            hosts, "postgres", secrets.postgres_superuser, "postgres"
        ),
        f"{PREFIX}OWNER_DATABASE_URI": _direct(
            hosts, "mlflow_owner", secrets.postgres_owner, DATABASE
        ),
        f"{PREFIX}OWNER_PASSWORD": secrets.postgres_owner,
        f"{PREFIX}APP_PASSWORD": secrets.postgres_app,
        f"{PREFIX}READER_PASSWORD": secrets.postgres_reader,
        f"{PREFIX}ADMIN_USERNAME": "admin",
        f"{PREFIX}ADMIN_PASSWORD": secrets.admin,
        f"{PREFIX}SECRET_KEY": secrets.flask_secret_key,
    }


def _instance(site: Site, host: str) -> dict[str, str]:
    here, tracking = site.layout.address(host), site.settings.tracking
    values = {
        "HOST": here,
        "PORT": MLFLOW,
        "INSTANCE": host,
        "DATABASE_URI": (
            f"postgresql+psycopg2://{APP_ROLE}:{site.passwords.postgres_app}"
            f"@{here}:{PGBOUNCER}/{DATABASE}"
        ),
        "SECRET_KEY": site.passwords.flask_secret_key,
        "ARTIFACTS_DESTINATION": f"s3://{artifacts(site).name}",
        "ALLOWED_HOSTS": f"{site.layout.front_door}:*,{site.layout.front_door}",
        "API_CONCURRENCY": tracking.api_concurrency,
        "ARTIFACT_CONCURRENCY": tracking.artifact_concurrency,
        "QUEUE_SECONDS": tracking.queue_seconds,
        "POOL_SIZE": tracking.pool_size,
        "AUTH_CACHE_SECONDS": tracking.auth_cache_seconds,
        "SCHEMA_WAIT_SECONDS": site.settings.local.startup,
    }
    return {f"{PREFIX}{name}": str(value) for name, value in values.items()}


def _direct(hosts: str, role: str, password: str, database: str) -> str:
    return (
        f"postgresql://{role}:{password}@{hosts}/{database}"
        "?target_session_attrs=read-write&connect_timeout=3"
    )
