"""Clients of AWS, made where they are used.

boto3 takes a second to import. A preview calls nothing, so it does not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


def ecs(region: str) -> ECSClient:
    import boto3  # noqa: PLC0415 - see the module's docstring

    return boto3.client("ecs", region_name=region)


def logs(region: str) -> CloudWatchLogsClient:
    import boto3  # noqa: PLC0415 - see the module's docstring

    return boto3.client("logs", region_name=region)


def rds(region: str) -> RDSClient:
    import boto3  # noqa: PLC0415 - see the module's docstring

    return boto3.client("rds", region_name=region)


def secretsmanager(region: str) -> SecretsManagerClient:
    import boto3  # noqa: PLC0415 - see the module's docstring

    return boto3.client("secretsmanager", region_name=region)
