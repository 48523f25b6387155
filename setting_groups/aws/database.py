"""RDS for PostgreSQL: the topology, its size, and what AWS refuses to combine."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from setting_groups.frozen import Frozen

Topology = Literal["multi_az_cluster", "multi_az_instance", "single"]

_TO_16 = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_TO_24 = (*_TO_16, "24xlarge")
_TO_32, _TO_48 = (*_TO_24, "32xlarge"), (*_TO_24, "48xlarge")
_BURSTABLE = ("micro", "small", "medium", "large", "xlarge", "2xlarge")

CLUSTER_CLASSES = {
    "c6gd": ("medium", *_TO_16),
    **dict.fromkeys(("m6gd", "r6gd"), _TO_16),
    **dict.fromkeys(("m5d", "r5d"), _TO_24),
    **dict.fromkeys(("m6id", "r6id"), _TO_32),
    **dict.fromkeys(("m8gd", "r8gd"), _TO_48),
}
"""Sizes by family: those with local disks, the only ones a Multi-AZ DB cluster is made of.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/create-multi-az-db-cluster.html"""
INSTANCE_CLASSES = {
    **dict.fromkeys(("t3", "t4g"), _BURSTABLE),
    **dict.fromkeys(("m6g", "m6gd", "m7g", "r6g", "r6gd", "r7g"), _TO_16),
    **dict.fromkeys(("m5", "m5d", "r5", "r5d"), _TO_24),
    **dict.fromkeys(("m6i", "m6id", "r6i", "r6id"), _TO_32),
    **dict.fromkeys(("m7i", "m8g", "m8gd", "r7i", "r8g", "r8gd"), _TO_48),
}
"""Sizes by family of an instance, with or without a standby.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html"""
_SIZES = {"micro": 1, "small": 2, "medium": 4, "large": 8}
"""GiB of memory of a t or m class up to large; each step of Nxlarge has N x 16."""
_BYTES_PER_CONNECTION = 9_531_392
"""RDS's own rule: max_connections = DBInstanceClassMemory / 9531392.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html"""
_MEMORY_LEFT_BY_RDS = 0.9
"""Share of the memory that DBInstanceClassMemory is: 901 connections computed for 8 GiB were 832
on a running instance (mitodl/ol-infrastructure, rds_helper.py)."""

GP3_MAY_SET_IOPS = 400
"""GiB: below, RDS refuses iops and throughput for gp3 and gives 3000 and 125 MiB/s.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html"""
_GP3_IOPS = (12_000, 64_000)
_IO2_SMALLEST_GIB = 100
_IO2_PER_GIB = {
    "multi_az_cluster": (0.5, 50),
    "multi_az_instance": (0.5, 1000),
    "single": (0.5, 1000),
}
"""The fewest and the most operations per second for each GiB."""
CLUSTER_ZONES = 3
DUMPED_MAJOR = 17
"""PostgreSQL's major version of pg_dump and pg_restore in the image (server/Dockerfile): they refuse a
newer server, and an older one may refuse what they write."""


def memory_gib(instance_class: str) -> float:
    """Return the memory of a class such as "db.m6gd.large", in GiB.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
    """
    _, family, size = instance_class.split(".")
    steps = re.fullmatch(r"(\d*)xlarge", size)
    memory = 16.0 * int(steps[1] or 1) if steps else float(_SIZES[size])
    return memory * {"r": 2.0, "c": 0.5}.get(family[0], 1.0)


class Logins(Frozen):
    """Which of the application's two logins is in use, and how often each secret was renewed.

    Rotation: raise the generation of the login that is not `active`, make it active, `pulumi up`.
    Running tasks keep the other one until they are replaced; ECS never refreshes their secrets.
    A generation only ever rises: what it once stood for is not brought back.
    """

    active: Literal["app_a", "app_b"] = "app_a"
    owner: Annotated[int, Field(ge=1)] = 1
    app_a: Annotated[int, Field(ge=1)] = 1
    app_b: Annotated[int, Field(ge=1)] = 1
    reader: Annotated[int, Field(ge=1)] = 1
    canary: Annotated[int, Field(ge=1)] = 1
    master: Annotated[int, Field(ge=1)] = 1
    """Of the administrator, where RDS does not manage this secret itself."""
    session_key: Annotated[int, Field(ge=1)] = 1
    """Signs MLflow's web forms; with a new one, pages that are open have to be loaded again."""


class Rds(Frozen):
    """The managed PostgreSQL of one environment."""

    topology: Topology
    engine_version: Annotated[str, Field(pattern=r"^\d+\.\d+$")] = "17.11"
    """Major and minor version, such as 17.11."""
    instance_class: Annotated[
        str,
        Field(pattern=r"^db\.[a-z]\d[a-z]*\.(micro|small|medium|large|\d*xlarge)$"),
    ]
    storage_gib: Annotated[int, Field(ge=20, le=65536)] = 100
    storage_type: Literal["gp3", "io2"] = "gp3"
    iops: Annotated[int, Field(ge=1000, le=256000)] | None = None
    read_replicas: Annotated[int, Field(ge=0, le=5)] = 0
    """Of `multi_az_instance`, in this region. MLflow's traffic all goes to the writer."""
    replica_of: Annotated[str, Field(pattern=r"^arn:aws[\w-]*:rds:[\w-]+:\d{12}:db:.+$")] | None = (
        None
    )
    """ARN of the other region's instance that this one follows, until it is promoted by removing
    this line."""
    manage_master_secret: bool = True
    """RDS makes and rotates the administrator's secret, as it may unless there are read replicas."""
    proxy: bool = True
    backup_days: Annotated[int, Field(ge=1, le=35)] = 7
    """How far back a point-in-time recovery reaches."""
    logins: Logins = Logins()

    @property
    def family(self) -> str:
        return self.instance_class.split(".")[1]

    @property
    def most_connections(self) -> int:
        """The largest max_connections that the memory of the class supports."""
        memory = memory_gib(self.instance_class) * 2**30 * _MEMORY_LEFT_BY_RDS
        return min(5000, int(memory / _BYTES_PER_CONNECTION))

    def mistakes(self) -> list[str]:
        """AWS accepts the combination."""
        return [text for rule in _RULES if (text := rule(self))]


def _version_that_can_be_dumped(db: Rds) -> str | None:
    if db.engine_version.partition(".")[0] == str(DUMPED_MAJOR):
        return None
    return (
        f"engine_version {db.engine_version}: the image dumps and restores PostgreSQL "
        f"{DUMPED_MAJOR} only. Use a version {DUMPED_MAJOR}.x that RDS offers, such as 17.11"
    )


def _class_of_the_topology(db: Rds) -> str | None:
    cluster = db.topology == "multi_az_cluster"
    offered = CLUSTER_CLASSES if cluster else INSTANCE_CLASSES
    size = db.instance_class.split(".")[2]
    if size in offered.get(db.family, ()):
        return None
    if sizes := offered.get(db.family):
        choices = f"db.{db.family} from {sizes[0]} to {sizes[-1]}: {', '.join(sizes)}"
    else:
        choices = f"the families {', '.join(sorted(offered))}"
    remedy = (
        "db.m6gd.large, or db.c6gd.medium as the smallest"
        if cluster
        else "for instance db.m7g.large"
    )
    return (
        f"instance_class {db.instance_class}: topology {db.topology} is not offered with it, only "
        f"with {choices}. Use {remedy}"
    )


def _storage_performance(db: Rds) -> str | None:
    if db.storage_type == "io2":
        return _provisioned_performance(db)
    if db.iops is None:
        return None
    least, most = _GP3_IOPS
    if db.storage_gib < GP3_MAY_SET_IOPS:
        return (
            f"iops {db.iops}: RDS refuses it for gp3 below {GP3_MAY_SET_IOPS} GiB (it gives 3000). "
            f"Remove it, or set storage_gib to {GP3_MAY_SET_IOPS}"
        )
    if not least <= db.iops <= most:
        return (
            f"iops {db.iops}: gp3 from {GP3_MAY_SET_IOPS} GiB has {least} to {most}. Remove it for "
            f"{least}, or choose one between"
        )
    return None


def _provisioned_performance(db: Rds) -> str | None:
    if db.storage_gib < _IO2_SMALLEST_GIB:
        return (
            f"storage_gib {db.storage_gib}: storage_type io2 begins at {_IO2_SMALLEST_GIB}. Set it "
            "to that, or use storage_type gp3"
        )
    least, most = (int(db.storage_gib * rate) for rate in _IO2_PER_GIB[db.topology])
    if db.iops is None or not least <= db.iops <= most:
        return (
            f"iops {db.iops}: storage_type io2 with {db.storage_gib} GiB needs {least} to {most}. Set "
            "one between, for instance iops: 3000"
        )
    return None


def _replicas_of_what_can_have_them(db: Rds) -> str | None:
    if db.read_replicas and db.topology != "multi_az_instance":
        return (
            f"read_replicas {db.read_replicas}: topology {db.topology} gets none here (a Multi-AZ "
            "cluster has two readable standbys of its own). Set 0, or topology multi_az_instance"
        )
    if db.replica_of and db.topology == "multi_az_cluster":
        return (
            "replica_of: a Multi-AZ cluster cannot follow an instance of another region. Use "
            "topology multi_az_instance or single, or remove replica_of"
        )
    return None


def _replicas_exclude_a_managed_secret(db: Rds) -> str | None:
    if not db.manage_master_secret or not (db.read_replicas or db.replica_of):
        return None
    return (
        "manage_master_secret true: RDS refuses read replicas of an instance whose master secret "
        "it manages. Set manage_master_secret: false"
    )


_RULES = (
    _version_that_can_be_dumped,
    _class_of_the_topology,
    _storage_performance,
    _replicas_of_what_can_have_them,
    _replicas_exclude_a_managed_secret,
)
