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


class ArchiveStatus(BaseModel):
    """How far the primary has got with archiving its WAL.

    Attributes:
        archived: Files sent since this node's statistics began.
        failed: Attempts that failed since then; every file is tried until it is sent.
        waiting: Files that are finished and not archived yet.
        failing: The newest attempt failed.
        last: The newest file that was sent, or "".
    """

    archived: int
    failed: int
    waiting: int
    failing: bool
    last: str


class Status(BaseModel):
    """The whole cluster.

    Attributes:
        healthy: Nothing is missing: every service runs, every replica streams.
        missing: What keeps it from full redundancy, a sentence each.
        archive: Its progress, None while no primary tells. An archive that lags costs no redundancy,
            and each promotion makes it lag for a moment, so it is no part of `healthy`.
    """

    healthy: bool
    endpoint: str
    credentials_file: str
    missing: list[str]
    archive: ArchiveStatus | None
    hosts: list[HostStatus]
