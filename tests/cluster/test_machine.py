"""What runs on the machine is what the design says: services, listeners, users, file modes."""

import json
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
import testinfra

from local import supervision
from local.cluster import Cluster
from local.namespaces import Fabric

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).parents[2]


@pytest.fixture
def machine() -> Any:
    return testinfra.get_host("local://")


def inside(cluster: Cluster, host: str, command: str) -> str:
    prefix = Fabric(cluster.site.layout, cluster.site.programs).enter_prefix(host)
    return " ".join([*prefix, command])


def test_status_promises_what_scripts_rely_on(cluster: Cluster) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local", "status", "--json"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    status = json.loads(done.stdout)
    assert status["healthy"] is True
    assert status["endpoint"] == cluster.endpoint
    assert Path(status["credentials_file"]).stat().st_mode & 0o777 == 0o600
    kinds: dict[str, int] = {}
    for host in status["hosts"]:
        for service in host["services"]:
            assert {"name", "kind", "port", "pid", "running", "leader"} <= set(service)
            assert service["running"], (host["name"], service)
            kinds[service["kind"]] = kinds.get(service["kind"], 0) + 1
    assert kinds["etcd"] == kinds["postgres"] == kinds["mlflow"] == kinds["pgbouncer"] == 3
    assert kinds["haproxy"] == 5
    assert (
        sum(s["leader"] for h in status["hosts"] for s in h["services"] if s["kind"] == "postgres")
        == 1
    )


def test_the_leaders_pid_is_its_postmaster(cluster: Cluster, machine: Any) -> None:
    primary = cluster.primary()
    assert primary is not None
    pid = cluster.postmaster_pid(primary)
    process = machine.process.get(pid=pid)
    assert "postgres" in process.args
    assert str(cluster.site.data(primary.name)) in process.args


def test_services_listen_only_on_their_own_hosts_address(cluster: Cluster, machine: Any) -> None:
    for host in cluster.hosts.values():
        allowed = {host.address, cluster.site.layout.front_door}
        listeners = machine.check_output(inside(cluster, host.name, "ss -Hltn")).splitlines()
        addresses = {line.split()[3].rsplit(":", 1)[0] for line in listeners}
        assert listeners, host.name
        assert addresses <= allowed, (host.name, addresses)


def test_this_machine_itself_listens_nowhere_for_the_cluster(
    cluster: Cluster, machine: Any
) -> None:
    subnet = str(cluster.site.layout.network.network_address).rsplit(".", 1)[0]
    assert not [line for line in machine.check_output("ss -Hltn").splitlines() if subnet in line]


@pytest.mark.parametrize(
    ("host", "port"),
    [("dcs-1", 2379), ("db-1", 5432), ("db-1", 8008), ("app-1", 5000), ("s3-1", 6200)],
)
def test_from_outside_only_the_front_door_is_reachable(
    cluster: Cluster, host: str, port: int
) -> None:
    with socket.create_connection((cluster.site.layout.front_door, 5000), timeout=2):
        pass
    with (
        pytest.raises(TimeoutError),
        socket.create_connection((cluster.site.layout.address(host), port), timeout=0.5),
    ):
        pass


def test_no_file_of_the_cluster_is_readable_to_others(cluster: Cluster, machine: Any) -> None:
    state = cluster.site.state
    assert machine.file(str(state)).mode == 0o700
    secrets = set(asdict(cluster.site.passwords).values())
    for path in state.glob("hosts/*/etc/*"):
        public = path.suffix == ".gz"  # a ring: Swift writes it readable, and it is no secret
        assert public or machine.file(str(path)).mode == 0o600, path
    for path in [cluster.credentials_file, *state.glob("hosts/*/log/*.log")]:
        assert path.stat().st_mode & 0o077 == 0, path
    for path in state.glob("hosts/*/log/*.log"):
        text = path.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], path


def test_no_service_waits_on_an_open_standard_input(cluster: Cluster) -> None:
    """An orphaned PostgreSQL backend would read from it for ever: local/supervision.py."""
    for host in cluster.hosts.values():
        for process in supervision.processes(cluster.site.socket(host.name, "supervisor")):
            stdin = Path(f"/proc/{process.pid}/fd/0").readlink()
            assert stdin == Path("/dev/null"), (host.name, process.name, stdin)


def test_no_secret_is_in_a_command_line(cluster: Cluster) -> None:
    secrets = set(asdict(cluster.site.passwords).values())
    for host in cluster.hosts.values():
        for pid in host.pids():
            try:
                words = " ".join(psutil.Process(pid).cmdline())
            except psutil.NoSuchProcess:
                continue
            assert not any(secret in words for secret in secrets), pid


def test_only_supervisors_and_keepalived_keep_roots_powers(cluster: Cluster) -> None:
    """An unprivileged service lives in a user namespace of its own, where it is nobody."""
    own = Path("/proc/self/ns/user").readlink()
    privileged = set()
    for host in cluster.hosts.values():
        for pid in host.pids():
            try:
                process = psutil.Process(pid)
                if Path(f"/proc/{pid}/ns/user").readlink() == own:
                    privileged.add(
                        Path(process.cmdline()[0]).name + " " + " ".join(process.cmdline()[1:3])
                    )
            except (psutil.NoSuchProcess, FileNotFoundError):
                continue
    assert {name.split()[0] for name in privileged} <= {"python", "keepalived"}
    assert all("keepalived" in name or "supervisor.supervisord" in name for name in privileged), (
        privileged
    )


def test_two_standbys_stream_and_count_for_commits(cluster: Cluster, machine: Any) -> None:
    primary = cluster.primary()
    assert primary is not None
    answer = machine.check_output(
        inside(cluster, primary.name, f"curl -s http://{primary.address}:8008/cluster")
    )
    roles = sorted(member["role"] for member in json.loads(answer)["members"])
    assert roles == ["leader", "quorum_standby", "quorum_standby"]


def test_data_checksums_are_on(cluster: Cluster, machine: Any) -> None:
    for host in cluster.site.layout.names("db"):
        control = cluster.site.programs.postgres / "pg_controldata"
        text = machine.check_output(f"{control} {cluster.site.data(host) / 'postgres'}")
        (line,) = [line for line in text.splitlines() if "checksum version" in line]
        assert line.split()[-1] == "1"
