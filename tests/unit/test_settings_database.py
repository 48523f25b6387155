"""What AWS refuses for a database is refused by the settings first, with a remedy that works."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from setting_groups.aws.database import (
    CLUSTER_CLASSES,
    DUMPED_MAJOR,
    INSTANCE_CLASSES,
    Logins,
    Rds,
    memory_gib,
)

IMAGE = Path(__file__).parents[2] / "server" / "Dockerfile"
REPLICA_OF = "arn:aws:rds:us-east-1:123456789012:db:mlflow-ha-prod"
CLUSTER: dict[str, Any] = {"topology": "multi_az_cluster", "instance_class": "db.m6gd.large"}
PAIR: dict[str, Any] = {"topology": "multi_az_instance", "instance_class": "db.m7g.large"}


def refusal(**values: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Rds(**values)
    return str(refused.value)


@pytest.mark.parametrize("name", ["db.c6gd.medium", "db.m6gd.16xlarge", "db.r8gd.48xlarge"])
def test_a_cluster_takes_the_classes_that_it_is_offered_with(name: str) -> None:
    assert Rds(topology="multi_az_cluster", instance_class=name).instance_class == name


@pytest.mark.parametrize(
    ("topology", "name", "remedy"),
    [
        ("multi_az_cluster", "db.t4g.medium", "db.c6gd.medium as the smallest"),
        ("multi_az_cluster", "db.m7g.large", "db.m6gd.large"),
        ("multi_az_cluster", "db.m6gd.medium", "from large to 16xlarge"),
        ("multi_az_cluster", "db.m6gd.24xlarge", "from large to 16xlarge"),
        ("multi_az_cluster", "db.m5d.32xlarge", "from large to 24xlarge"),
        ("single", "db.c6gd.large", "db.m7g.large"),
        ("single", "db.t4g.4xlarge", "from micro to 2xlarge"),
    ],
)
def test_a_class_that_is_not_offered_is_refused(topology: str, name: str, remedy: str) -> None:
    assert remedy in refusal(topology=topology, instance_class=name)


def test_every_family_of_a_cluster_has_local_disks() -> None:
    assert all(family.endswith("d") for family in CLUSTER_CLASSES)


def test_every_class_that_is_offered_has_a_known_memory() -> None:
    for offered in (CLUSTER_CLASSES, INSTANCE_CLASSES):
        for family, sizes in offered.items():
            memories = [memory_gib(f"db.{family}.{size}") for size in sizes]
            assert memories == sorted(set(memories))


@pytest.mark.parametrize(
    ("name", "gib"),
    [
        ("db.t4g.micro", 1),
        ("db.c6gd.medium", 2),
        ("db.m6gd.large", 8),
        ("db.r6gd.large", 16),
        ("db.r8gd.48xlarge", 1536),
    ],
)
def test_memory_follows_family_and_size(name: str, gib: float) -> None:
    assert memory_gib(name) == gib


@pytest.mark.parametrize("iops", [12_000, 64_000])
def test_gp3_takes_its_range_from_400_gib(iops: int) -> None:
    assert Rds(**CLUSTER, storage_gib=400, iops=iops).iops == iops


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({"storage_gib": 399, "iops": 12_000}, "set storage_gib to 400"),
        ({"storage_gib": 400, "iops": 11_999}, "12000 to 64000"),
        ({"storage_gib": 400, "iops": 64_001}, "12000 to 64000"),
        ({"storage_type": "io2", "storage_gib": 99, "iops": 1000}, "begins at 100"),
        ({"storage_type": "io2", "storage_gib": 100}, "needs 50 to 5000"),
        ({"storage_type": "io2", "storage_gib": 100, "iops": 5001}, "needs 50 to 5000"),
    ],
)
def test_storage_that_rds_refuses_is_refused(values: dict[str, Any], remedy: str) -> None:
    assert remedy in refusal(**CLUSTER, **values)


def test_io2_gives_an_instance_more_for_each_gib_than_a_cluster() -> None:
    io2: dict[str, Any] = {"storage_type": "io2", "storage_gib": 100, "iops": 100_000}

    assert Rds(**PAIR, **io2).iops == 100_000
    assert "needs 50 to 5000" in refusal(**CLUSTER, **io2)


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        ({**CLUSTER, "read_replicas": 1, "manage_master_secret": False}, "Set 0"),
        ({**CLUSTER, "replica_of": REPLICA_OF, "manage_master_secret": False}, "remove replica_of"),
        ({**PAIR, "read_replicas": 1}, "manage_master_secret: false"),
        ({**PAIR, "replica_of": REPLICA_OF}, "manage_master_secret: false"),
    ],
)
def test_replicas_that_rds_refuses_are_refused(values: dict[str, Any], remedy: str) -> None:
    assert remedy in refusal(**values)


def test_an_instance_may_follow_another_region() -> None:
    assert Rds(**PAIR, replica_of=REPLICA_OF, manage_master_secret=False).replica_of == REPLICA_OF


@pytest.mark.parametrize(
    "role", ["owner", "app_a", "app_b", "reader", "canary", "master", "session_key"]
)
def test_a_generation_begins_at_one(role: str) -> None:
    assert getattr(Logins(), role) == 1
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Logins.model_validate({role: 0})


def test_memory_bounds_the_connections() -> None:
    assert 500 <= Rds(**CLUSTER).most_connections <= 832


def test_the_version_that_can_be_dumped_is_that_of_the_tools_in_the_image() -> None:
    text = IMAGE.read_text(encoding="utf-8")
    majors = set(re.findall(r"postgresql(?:-client-|/)(\d+)", text))
    assert majors == {str(DUMPED_MAJOR)}


@pytest.mark.parametrize("version", ["17.4", "17.11"])
def test_a_database_of_that_version_is_allowed(version: str) -> None:
    assert Rds(**CLUSTER, engine_version=version).engine_version == version


@pytest.mark.parametrize("version", ["15.13", "16.9", "18.1", "170.1"])
def test_a_database_that_could_not_be_dumped_is_refused(version: str) -> None:
    told = refusal(**CLUSTER, engine_version=version)
    assert f"engine_version {version}: the image dumps and restores PostgreSQL 17 only" in told
    assert "Use a version 17.x" in told
