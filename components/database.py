"""The managed PostgreSQL, in one of three topologies behind the same attributes."""

from __future__ import annotations

import pulumi
from pulumi import ResourceOptions

from components.database_cluster import build_cluster
from components.database_instance import build_instance
from components.database_parts import DatabaseArgs, Server


class Database(pulumi.ComponentResource):
    """A Multi-AZ cluster, an instance with a standby, or an instance alone."""

    server: Server

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Database", name, None, opts)
        build = build_cluster if args.rds.topology == "multi_az_cluster" else build_instance
        self.server = build(name, args, self)
        self.register_outputs({"writer_endpoint": self.server.writer_endpoint})
