"""Proves faults of the local target that need no cluster: processes, connections, roles, disks."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chaos.target import FaultMissed, NotPossible
from chaos.targets.local_faults import archive
from chaos.targets.local_faults.catalogue import faults
from chaos.targets.local_faults.disk import DiskFull
from chaos.targets.local_faults.kill import ProcessKilled
from chaos.targets.local_faults.roles import in_role
from chaos.targets.local_faults.storm import ConnectionStorm
from chaos.targets.local_faults.traffic import HostsTroubled
from local.hosts import NotSupported
from local.traffic import Cut


class FakeHost:
    def __init__(self, name: str) -> None:
        self.name = name
        self.hits = 0
        self.trouble_in_place: Any = None

    def trouble(self, trouble: Any) -> None:
        if self.name.startswith("loop"):
            raise NotSupported("needs root: hosts share this machine's loopback")
        self.trouble_in_place = trouble

    def packets_hit(self) -> int:
        return self.hits

    def reconnect(self) -> None:
        self.trouble_in_place = None


class FakeCluster:
    """Three of each kind; db-2 and dcs-3 lead."""

    def __init__(self) -> None:
        names = [f"{role}-{n}" for role in ("app", "db", "dcs", "s3") for n in (1, 2, 3)]
        self.hosts = {name: FakeHost(name) for name in names}
        self.leader: str | None = "db-2"
        self.etcd_leaders = {"dcs-3"}

    def primary(self) -> FakeHost | None:
        return self.hosts[self.leader] if self.leader else None

    def observe(self) -> dict[str, Any]:
        return {
            name: SimpleNamespace(answers={"leader": name in self.etcd_leaders})
            for name in self.hosts
        }


def until(done: Callable[[], bool], within: float = 5.0) -> None:
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("primary", ["db-2"]),
        ("standby", ["db-1"]),
        ("standbys", ["db-1", "db-3"]),
        ("databases", ["db-1", "db-2", "db-3"]),
        ("instance", ["app-1"]),
        ("instances", ["app-1", "app-2", "app-3"]),
        ("etcd-leader", ["dcs-3"]),
        ("etcd-follower", ["dcs-1"]),
        ("etcd-majority", ["dcs-3", "dcs-1"]),
        ("object-store", ["s3-1"]),
        ("two-object-stores", ["s3-2", "s3-3"]),
    ],
)
def test_a_role_names_whoever_plays_it_now(role: str, names: list[str]) -> None:
    cluster: Any = FakeCluster()
    assert [host.name for host in in_role(cluster, role)] == names


def test_a_role_that_nobody_plays_or_knows_is_told_apart() -> None:
    cluster: Any = FakeCluster()
    cluster.leader = None
    cluster.etcd_leaders = {"dcs-1", "dcs-2"}
    with pytest.raises(FaultMissed, match="nobody is primary"):
        in_role(cluster, "standbys")
    with pytest.raises(FaultMissed, match="etcd has 2 leaders"):
        in_role(cluster, "etcd-leader")
    with pytest.raises(NotPossible, match="no role 'primry'"):
        in_role(cluster, "primry")


def test_what_is_done_to_one_host_is_refused_for_many() -> None:
    cluster: Any = FakeCluster()
    with pytest.raises(NotPossible, match="3 hosts play that role"):
        faults(cluster)["crash"](in_role(cluster, "databases"))


def test_a_cut_lands_when_it_has_dropped_something_and_heals_once() -> None:
    host: Any = FakeHost("db-1")
    fault = HostsTroubled("isolate", [host], Cut())
    fault.inject()
    assert fault.landed() == "no packet of db-1 was dropped yet"
    host.hits = 3
    assert fault.landed() is None
    fault.heal()
    assert host.trouble_in_place is None
    host.trouble(Cut())
    fault.heal()  # again: another's fault stays
    assert host.trouble_in_place is not None


def test_the_archive_is_cut_off_at_the_front_door_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster: Any = FakeCluster()
    cluster.site = SimpleNamespace(layout=SimpleNamespace(front_door="198.18.0.10"))
    host = cluster.hosts["db-2"]
    monkeypatch.setattr(archive, "close_segment", lambda _site, asked: setattr(asked, "hits", 3))
    fault = faults(cluster)["cut the archive off from"]([host])
    fault.inject()
    assert host.trouble_in_place == Cut(peers=("198.18.0.10",))
    assert fault.landed() is None
    fault.heal()
    assert host.trouble_in_place is None


def test_hosts_that_cannot_be_cut_off_make_the_drill_impossible() -> None:
    host: Any = FakeHost("loop-1")
    with pytest.raises(NotPossible, match="needs root"):
        HostsTroubled("isolate", [host], Cut()).inject()


def test_a_process_is_dead_when_it_landed() -> None:
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    fault = ProcessKilled("sleeper", "app-1", victim.pid)
    assert fault.landed() == f"sleeper {victim.pid} still runs"
    fault.inject()
    until(lambda: fault.landed() is None)
    assert victim.wait(timeout=5) == -9


def test_no_process_is_no_target() -> None:
    with pytest.raises(FaultMissed, match="app-1 runs no pgbouncer"):
        ProcessKilled("pgbouncer", "app-1", 0)


def test_a_disk_that_is_the_machines_own_is_never_filled(tmp_path: Path) -> None:
    site: Any = SimpleNamespace(data=lambda name: tmp_path / name)
    host: Any = FakeHost("db-1")
    with pytest.raises(NotPossible, match="is no volume of its own"):
        DiskFull(site, host)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def door() -> Iterator[tuple[socket.socket, list[socket.socket]]]:
    """Takes every connection, and keeps it."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        listener.settimeout(0.1)
        over = threading.Event()

        def take() -> None:
            while not over.is_set():
                try:
                    taken.append(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        yield listener, taken
        over.set()
        thread.join()
        for connection in taken:
            connection.close()


def test_a_storm_connects_everybody_and_leaves_when_healed(
    door: tuple[socket.socket, list[socket.socket]],
) -> None:
    listener, taken = door
    storm = ConnectionStorm("127.0.0.1", listener.getsockname()[1], clients=30, seconds=60)
    assert storm.landed() == "only 0 of 30 are connected"
    storm.inject()
    until(lambda: storm.landed() is None)
    until(lambda: len(taken) == 30)
    until(lambda: taken[0].recv(4).startswith(b"GET "))
    storm.heal()
    for connection in taken:
        connection.settimeout(5)
        while connection.recv(65536):
            """Read what was asked; the end has to come."""


def test_a_storm_ends_by_itself(door: tuple[socket.socket, list[socket.socket]]) -> None:
    listener, taken = door
    storm = ConnectionStorm("127.0.0.1", listener.getsockname()[1], clients=3, seconds=0.2)
    storm.inject()
    until(lambda: len(taken) == 3)
    taken[0].settimeout(10)
    while taken[0].recv(65536):
        """Read until the end."""
    storm.heal()
