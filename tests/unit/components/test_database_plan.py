"""The database's names, parameters and shares follow from the settings alone."""

import pytest

from components.database_plan import (
    MASTER,
    chosen_by_rds,
    final_snapshot,
    identifier,
    member,
    parameter_family,
    parameters,
    proxy_percent,
)
from setting_groups.aws.database import Rds


def test_the_master_name_is_one_that_rds_accepts() -> None:
    assert MASTER.isalnum()
    assert len(MASTER) <= 16


def test_an_identifier_names_its_environment() -> None:
    assert identifier("prod-dr") == "mlflow-ha-prod-dr"


def test_the_parameter_family_follows_the_major_version() -> None:
    assert parameter_family("18.6") == "postgres18"


def test_a_static_parameter_waits_for_a_reboot_and_no_other_does() -> None:
    waiting = [
        parameter.name
        for parameter in parameters(max_connections=500, lock_timeout=10)
        if parameter.apply_method == "pending-reboot"
    ]

    assert waiting == ["max_connections"]


def test_parameters_carry_the_settings_in_the_servers_units() -> None:
    values = {p.name: p.value for p in parameters(max_connections=500, lock_timeout=2.5)}

    assert values["max_connections"] == "500"
    assert values["lock_timeout"] == "2500"
    assert values["rds.force_ssl"] == "1"


@pytest.mark.parametrize(("iops", "ignored"), [(None, ["iops"]), (12000, [])])
def test_only_what_rds_chose_itself_is_not_compared(iops: int | None, ignored: list[str]) -> None:
    rds = Rds(
        topology="multi_az_cluster", instance_class="db.m6gd.large", storage_gib=400, iops=iops
    )

    assert chosen_by_rds(rds) == ignored


def test_a_final_snapshot_differs_for_each_life_and_storage_type() -> None:
    names = {
        final_snapshot("mlflow-ha-prod", life, storage)
        for life in ("aaaaaaa", "bbbbbbb")
        for storage in ("gp3", "io2")
    }

    assert len(names) == 4
    assert "mlflow-ha-prod-final-aaaaaaa-gp3" in names


def test_the_proxy_gets_headroom_above_the_fleet() -> None:
    assert proxy_percent(fleet=100, max_connections=500, operators=30) == 26


def test_headroom_ends_where_the_operators_part_begins() -> None:
    assert proxy_percent(fleet=450, max_connections=500, operators=30) == 94


def test_the_fleet_is_covered_even_without_headroom() -> None:
    assert proxy_percent(fleet=236, max_connections=250, operators=14) == 95


def test_members_are_the_ones_that_rds_lists() -> None:
    listed = ["c-instance-3", "c-instance-1", "c-instance-2"]

    assert [member(listed, index, "c") for index in range(3)] == sorted(listed)


def test_members_that_are_not_listed_yet_get_the_names_that_rds_gives() -> None:
    names = [member(["c-instance-3"], index, "c") for index in range(3)]

    assert sorted(names) == ["c-instance-1", "c-instance-2", "c-instance-3"]
