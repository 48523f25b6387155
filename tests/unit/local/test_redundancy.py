"""From what the parts said to what is missing: pure, no server involved."""

from dataclasses import replace
from typing import Any

import pytest

from local.layout import Layout
from local.observation import Observation
from local.redundancy import missing, primary, status
from local.site import Service
from local.supervision import Process
from tests.unit.local.test_layout import layout

SERVICE = {"dcs": "etcd", "db": "patroni", "app": "mlflow", "lb": "haproxy", "s3": "swift-object"}
KIND = {
    "etcd": "etcd",
    "patroni": "postgres",
    "mlflow": "mlflow",
    "haproxy": "haproxy",
    "swift-object": "object-store",
}


def services(of: Layout) -> dict[str, list[Service]]:
    return {
        host: [
            Service(
                name=SERVICE[host.split("-", maxsplit=1)[0]],
                kind=KIND[SERVICE[host.split("-", maxsplit=1)[0]]],  # type: ignore[arg-type]
                port=1,
                command=("true",),
            )
        ]
        for host in of.hosts
    }


def member(name: str, role: str, **more: Any) -> dict[str, Any]:
    state = "running" if role == "leader" else "streaming"
    return {"name": name, "role": role, "state": state, "lag": 0, **more}


def everything_well(of: Layout) -> dict[str, Observation]:
    members = [member("db-1", "leader")]
    members += [member(name, "quorum_standby") for name in ("db-2", "db-3")]
    answers: dict[str, dict[str, Any]] = {
        "dcs": {"etcd": {"health": "true"}},
        "db": {"patroni": {"members": members}},
        "app": {"writable": {"writable": True}},
        "lb": {},
        "s3": {},
    }
    seen = {}
    for host in of.hosts:
        role = host.split("-", maxsplit=1)[0]
        seen[host] = Observation(
            processes={SERVICE[role]: Process(SERVICE[role], "RUNNING", 7)},
            answers={**answers[role], "leader": host == "dcs-2"},
            holds_front_door=host == "lb-1",
            rotation=frozenset(of.names("app")) if role == "lb" else frozenset(),
            postmaster=99 if role == "db" else 0,
        )
    return seen


def test_nothing_is_missing_when_everything_is_well() -> None:
    of = layout()
    assert missing(of, services(of), everything_well(of)) == []


@pytest.mark.parametrize("host", layout().hosts)
def test_a_silent_host_is_missed(host: str) -> None:
    of = layout()
    seen = {**everything_well(of), host: Observation()}
    assert f"{host} does not answer" in missing(of, services(of), seen)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"state": "running"}, "standby db-2 is running, not streaming"),
        ({"lag": 5 << 20}, "standby db-2 is 5242880 bytes behind"),
        ({"lag": "unknown"}, "standby db-2 is unknown bytes behind"),
        ({"role": "replica"}, "standby db-2 does not count for synchronous commits yet"),
    ],
)
def test_a_standby_that_could_not_take_over_is_missed(changed: dict[str, Any], said: str) -> None:
    of = layout()
    seen = everything_well(of)
    members = [
        member("db-1", "leader"),
        {**member("db-2", "quorum_standby"), **changed},
        member("db-3", "quorum_standby"),
    ]
    for host in of.names("db"):
        seen[host] = replace(seen[host], answers={"patroni": {"members": members}})
    assert missing(of, services(of), seen) == [said]


def test_without_a_running_leader_there_is_no_primary() -> None:
    of = layout()
    seen = everything_well(of)
    stopped = [member("db-1", "leader", state="stopped"), member("db-2", "replica")]
    for host in of.names("db"):
        seen[host] = replace(seen[host], answers={"patroni": {"members": stopped}})
    assert primary(seen) is None
    assert "no PostgreSQL node is the primary" in missing(of, services(of), seen)


@pytest.mark.parametrize("holders", [(), ("lb-1", "lb-2")])
def test_the_front_door_must_be_on_exactly_one_host(holders: tuple[str, ...]) -> None:
    of = layout()
    seen = everything_well(of)
    for host in of.names("lb"):
        seen[host] = replace(seen[host], holds_front_door=host in holders)
    (said,) = missing(of, services(of), seen)
    assert f"on {len(holders)} hosts instead of one" in said


def test_an_instance_out_of_rotation_is_missed_on_that_front_door() -> None:
    of = layout()
    seen = everything_well(of)
    seen["lb-2"] = replace(seen["lb-2"], rotation=frozenset({"app-1", "app-3"}))
    assert missing(of, services(of), seen) == ["lb-2 sends nobody to app-2"]


def test_status_reports_postmaster_and_leaders() -> None:
    of = layout()
    found = status(of, services(of), everything_well(of), credentials_file="x", archive=None)
    leaders = {host.name for host in found.hosts for service in host.services if service.leader}
    assert found.healthy
    assert leaders == {"db-1", "dcs-2", "lb-1"}
    assert {
        service.pid
        for host in found.hosts
        for service in host.services
        if service.kind == "postgres"
    } == {99}
