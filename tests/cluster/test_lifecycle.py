"""Starting and stopping end well wherever they are interrupted; data outlives all of it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.cluster import Cluster
from local.errors import LocalError
from local.machine import cgroup_of, fabric_of
from local.namespaces import NAMESPACES
from local.state import State
from tests.cluster.conftest import ROOT, command

pytestmark = pytest.mark.cluster


def run(state: Path, network: str, verb: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(state, network, verb),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def write(cluster: Cluster, name: str) -> str:
    return str(ask(cluster, "POST", "create", json={"name": name})["experiment_id"])


def read(cluster: Cluster, experiment: str) -> str:
    told = ask(cluster, "GET", "get", params={"experiment_id": experiment})
    return str(told["experiment"]["name"])


def ask(cluster: Cluster, method: str, what: str, **content: Any) -> dict[str, Any]:
    """Return the front door's answer to a request about experiments."""
    answer = httpx.request(
        method,
        f"{cluster.endpoint}/api/2.0/mlflow/experiments/{what}",
        auth=("admin", cluster.client_environment()["MLFLOW_TRACKING_PASSWORD"]),
        timeout=30,
        **content,
    )
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def pids(cluster: Cluster) -> dict[str, int]:
    return {
        f"{host.name}/{service.name}": service.pid
        for host in cluster.status().hosts
        for service in host.services
    }


def test_a_second_up_restarts_nothing(cluster: Cluster, network: str) -> None:
    before = pids(cluster)
    done = run(cluster.site.state, network, "up")
    assert done.returncode == 0, done.stderr
    assert pids(cluster) == before


def test_a_dead_service_is_restarted(cluster: Cluster) -> None:
    host = cluster.hosts["app-2"]
    before = cluster.service_pid(host, "pgbouncer")
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while cluster.service_pid(host, "pgbouncer") in {0, before}:
        assert time.monotonic() < deadline, "pgbouncer was not restarted"
        time.sleep(0.2)


def test_data_survives_when_everything_dies_at_once_and_up_is_killed_too(
    cluster: Cluster, network: str
) -> None:
    experiment = write(cluster, f"before-the-crash-{time.time_ns()}")
    for host in cluster.hosts.values():
        host.kill()
    for seconds in (0.5, 4):
        interrupted = subprocess.Popen(command(cluster.site.state, network, "up"), cwd=ROOT)
        time.sleep(seconds)
        interrupted.kill()
        interrupted.wait()
    done = run(cluster.site.state, network, "up")
    assert done.returncode == 0, done.stderr
    assert read(cluster, experiment).startswith("before-the-crash-")


def test_two_ups_at_once_do_not_meet(cluster: Cluster) -> None:
    state = State(cluster.site.state)
    again = pytest.raises(LocalError, match="another up, down or clean")
    with state.locked(), again, State(cluster.site.state).locked():
        pass


@pytest.fixture
def other_servers() -> Iterator[None]:
    """A PostgreSQL, an etcd, a HAProxy of the machine's own: they hold the usual ports."""
    with ExitStack() as stack:
        for port in (2379, 5000, 5432, 6432, 8008):
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):  # somebody really is there: even better
                listener.bind(("0.0.0.0", port))  # noqa: S104 - as such servers do
                listener.listen()
        yield


@pytest.mark.usefixtures("other_servers")
def test_an_interrupted_first_start_leaves_nothing_in_the_way(spare: tuple[Path, str]) -> None:
    state, network = spare
    for sent, seconds in ((signal.SIGKILL, 5), (signal.SIGINT, 8)):
        started = subprocess.Popen(command(state, network, "up"), cwd=ROOT)
        time.sleep(seconds)
        started.send_signal(sent)
        assert started.wait(timeout=60) != 0
    site = State(state).site()
    assert not any(cgroup_of(site, host).pids() for host in site.layout.hosts)
    done = run(state, network, "up")
    assert done.returncode == 0, done.stderr
    assert run(state, network, "down").returncode == 0

    assert not any(fabric_of(site).path(host).exists() for host in site.layout.hosts)
    assert not list(NAMESPACES.glob(f"{site.layout.identity}-*"))
    assert not Path(f"/sys/class/net/{site.layout.identity}").exists()
    assert not cgroup_of(site, "db-1").path.parent.exists()
    assert not site.run.exists()
    assert site.layout.identity not in Path("/proc/self/mounts").read_text()
    rules = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True)
    assert rules.stdout.strip() == ""


def test_a_folder_that_cannot_be_written_is_refused_with_a_remedy(network: str) -> None:
    done = run(Path("/proc/nowhere"), network, "up")
    assert done.returncode == 1
    assert "MLFLOW_HA_STATE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_without_room_is_refused_with_a_remedy(
    spare: tuple[Path, str], tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
    try:
        done = run(disk / "state", spare[1], "up")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert done.returncode == 1
    assert "3 are needed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_network_in_use_is_refused_with_a_remedy(cluster: Cluster, tmp_path: Path) -> None:
    done = run(tmp_path / "other", str(cluster.site.layout.network), "up")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "--network" in done.stderr


def test_asking_a_cluster_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    for verb in (["status"], ["status", "--json"], ["env"]):
        done = subprocess.run(
            [sys.executable, "-m", "local", "--state", str(tmp_path / "none"), *verb],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 1
        assert "make up" in done.stderr
