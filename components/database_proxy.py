"""RDS Proxy: it keeps the tasks' connections while the database behind it fails over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import iam, rds

from components.database_events import subscribe
from components.database_parts import Server
from components.iam import allow, assumed_by, document
from components.tags import named


@dataclass(frozen=True, kw_only=True)
class DatabaseProxyArgs:
    """Args of `DatabaseProxy`.

    Args:
        server: The database behind it.
        login_secret_arns: The secrets of those who may log in through it, by role.
        secrets_key_arn: Decrypts them.
        max_connections_percent: Share of the database's connections that it may open.
        borrow_timeout: Seconds that a client waits for a connection, 300 at most.
        subnet_ids: In two zones or more.
        security_group_id: Of the proxy.
        events_topic_arn: Where RDS tells of its failures.
        account_id: The account, which the role is confined to.
        region: Where the secrets are.
        tags: For every resource.
    """

    server: Server
    login_secret_arns: Mapping[str, Input[str]]
    secrets_key_arn: Input[str]
    max_connections_percent: int
    borrow_timeout: float
    subnet_ids: Sequence[Input[str]]
    security_group_id: Input[str]
    events_topic_arn: Input[str]
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class DatabaseProxy(pulumi.ComponentResource):
    """A proxy in front of the writer.

    Half of its connections stay open when idle: after a failover they need not all be made anew.
    """

    name: Output[str]
    endpoint: Output[str]

    def __init__(
        self, name: str, args: DatabaseProxyArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:DatabaseProxy", name, None, opts)
        proxy = self._proxy(name, args, self._role_arn(name, args))
        self._target(name, args, proxy)
        subscribe(
            name,
            "db-proxy",
            [proxy.name],
            topic_arn=args.events_topic_arn,
            tags=args.tags,
            parent=self,
        )
        self.name = proxy.name
        self.endpoint = proxy.endpoint
        self.register_outputs({"name": self.name, "endpoint": self.endpoint})

    def _proxy(self, name: str, args: DatabaseProxyArgs, role_arn: Output[str]) -> rds.Proxy:
        return rds.Proxy(
            name,
            engine_family="POSTGRESQL",
            require_tls=True,
            role_arn=role_arn,
            auths=[
                rds.ProxyAuthArgs(
                    auth_scheme="SECRETS",
                    client_password_auth_type="POSTGRES_SCRAM_SHA_256",  # noqa: S106  a method
                    description=role,
                    iam_auth="DISABLED",
                    secret_arn=arn,
                )
                for role, arn in args.login_secret_arns.items()
            ],
            vpc_subnet_ids=list(args.subnet_ids),
            vpc_security_group_ids=[args.security_group_id],
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )

    def _target(self, name: str, args: DatabaseProxyArgs, proxy: rds.Proxy) -> None:
        group = rds.ProxyDefaultTargetGroup(
            name,
            db_proxy_name=proxy.name,
            connection_pool_config=rds.ProxyDefaultTargetGroupConnectionPoolConfigArgs(
                connection_borrow_timeout=round(args.borrow_timeout),
                max_connections_percent=args.max_connections_percent,
                max_idle_connections_percent=args.max_connections_percent // 2,
            ),
            opts=ResourceOptions(parent=self),
        )
        cluster = args.server.kind == "cluster"
        rds.ProxyTarget(
            name,
            db_proxy_name=proxy.name,
            target_group_name=group.name,
            db_cluster_identifier=args.server.identifier if cluster else None,
            db_instance_identifier=None if cluster else args.server.identifier,
            opts=ResourceOptions(parent=self),
        )

    def _role_arn(self, name: str, args: DatabaseProxyArgs) -> Output[str]:
        role = iam.Role(
            name,
            assume_role_policy=assumed_by(
                "rds.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": args.account_id}},
            ),
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        through_secrets = {"kms:ViaService": f"secretsmanager.{args.region}.amazonaws.com"}
        policy = iam.RolePolicy(
            name,
            role=role.name,
            policy=document(
                allow(["secretsmanager:GetSecretValue"], list(args.login_secret_arns.values())),
                allow(
                    ["kms:Decrypt"],
                    [args.secrets_key_arn],
                    conditions={"StringEquals": through_secrets},
                ),
            ),
            opts=ResourceOptions(parent=self),
        )
        # RDS tries the role when the proxy is made, and AWS's provider does not try again.
        return Output.all(role.arn, policy.id).apply(lambda known: str(known[0]))
