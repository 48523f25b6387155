"""The ECS cluster that every task of one environment runs in."""

from dataclasses import dataclass

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_aws import ecs

from components.tags import named


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """Args of `Cluster`.

    Args:
        tags: For every resource.
    """

    tags: dict[str, str]


class Cluster(pulumi.ComponentResource):
    """An ECS cluster without machines of its own: Fargate brings them.

    It is apart from the service because the schema migration runs in it before the service exists.
    Container Insights gives the count of running tasks, which ECS itself does not publish.
    """

    arn: Output[str]
    name: Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Cluster", name, None, opts)
        cluster = ecs.Cluster(
            name,
            settings=[ecs.ClusterSettingArgs(name="containerInsights", value="enabled")],
            configuration=ecs.ClusterConfigurationArgs(
                execute_command_configuration=ecs.ClusterConfigurationExecuteCommandConfigurationArgs(
                    logging="DEFAULT"
                )
            ),
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        self.arn = cluster.arn
        self.name = cluster.name
        self.register_outputs({"arn": self.arn, "name": self.name})
