"""Services of AWS at addresses of the VPC, so that tasks need no way out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import ec2

from components.perimeter import own_identities
from components.tags import named
from setting_groups.aws.network import ENDPOINT_SERVICES


@dataclass(frozen=True, kw_only=True)
class InterfaceEndpointsArgs:
    """Args of `InterfaceEndpoints`.

    Args:
        vpc_id: The VPC.
        subnet_ids: By zone; each endpoint has an address in every one.
        security_group_id: Who may call.
        account_id: The account whose identities pass.
        region: Which region's services they are.
        tags: For every resource.
    """

    vpc_id: Input[str]
    subnet_ids: Mapping[str, Input[str]]
    security_group_id: Input[str]
    account_id: Input[str]
    region: str
    tags: dict[str, str]


class InterfaceEndpoints(pulumi.ComponentResource):
    """An endpoint for each service that is called from inside.

    `subnet_ids` are the given ones, known once every endpoint is there: what is put into them can
    fetch its image and its secrets at once.
    """

    subnet_ids: dict[str, Output[str]]

    def __init__(
        self, name: str, args: InterfaceEndpointsArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:InterfaceEndpoints", name, None, opts)
        endpoints = [
            ec2.VpcEndpoint(
                f"{name}-{service}",
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=list(args.subnet_ids.values()),
                security_group_ids=[args.security_group_id],
                private_dns_enabled=True,
                policy=own_identities(args.account_id),
                tags=named(args.tags, f"{name}-{service}"),
                opts=ResourceOptions(parent=self),
            )
            for service in ENDPOINT_SERVICES
        ]
        self.subnet_ids = {
            zone: Output.all(subnet_id, *(endpoint.id for endpoint in endpoints)).apply(
                lambda values: str(values[0])
            )
            for zone, subnet_id in args.subnet_ids.items()
        }
        self.register_outputs({})
