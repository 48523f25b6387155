"""What runs where, as `python -m local status` tells it."""

from __future__ import annotations

from pydantic import BaseModel

from local.site import Kind


class ServiceStatus(BaseModel):
    """One service of one host.

    Attributes:
        pid: Its process; for PostgreSQL the postmaster, 0 while it does not run.
        leader: The primary, etcd's leader, or the front door that holds the address.
    """

    name: str
    kind: Kind
    port: int | None
    pid: int
    running: bool
    leader: bool = False


class HostStatus(BaseModel):
    """One host and the services that belong on it."""

    name: str
    address: str
    services: list[ServiceStatus]


class Status(BaseModel):
    """The whole cluster.

    Attributes:
        healthy: Nothing is missing: every service runs, every replica streams.
        missing: What keeps it from full redundancy, a sentence each.
    """

    healthy: bool
    endpoint: str
    credentials_file: str
    missing: list[str]
    hosts: list[HostStatus]
