"""One cluster for the whole session, on a network and in a folder of its own.

It runs beside a developer's `make up`: the network is leased with a lock file, so that two test
runs on one machine never meet either, and one that a killed run's cluster still holds is passed by.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path

import pytest

import settings
from local import ownership
from local.cluster import Cluster, attach
from local.layout import Layout
from local.state import run_folder
from local.waiting import wait_for

ROOT = Path(__file__).parents[2]
# 198.18.0.0/24 is the default of `make up`; tests take theirs from the other half of the range.
NETWORKS = [f"198.19.{number}.0/24" for number in range(32)]
WHOLE_WITHIN = 180


def command(state: Path, network: str, verb: str) -> list[str]:
    options = ["--state", str(state), "--network", network]
    return [sys.executable, "-m", "local", *options, verb]


@contextmanager
def leased_network() -> Iterator[str]:
    """A /24 that nobody else takes meanwhile."""
    for candidate in NETWORKS:
        name = candidate.replace("/", "-")
        lock = Path(tempfile.gettempdir()) / f"mlflow-ha-test-{os.geteuid()}-{name}"
        with lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if ownership.holder(run_folder(layout_of(candidate))) is not None:
                continue
            yield candidate
            return
    raise RuntimeError(f"all of {NETWORKS[0]} … {NETWORKS[-1]} are in use by other test runs")


def layout_of(network: str) -> Layout:
    return Layout(
        network=IPv4Network(network), isolated=os.geteuid() == 0, settings=settings.load("local")
    )


@pytest.fixture(scope="session")
def network() -> Iterator[str]:
    with leased_network() as leased:
        yield leased


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster") / "state"


@pytest.fixture(scope="session")
def session_cluster(state: Path, network: str) -> Iterator[Cluster]:
    try:
        subprocess.run(command(state, network, "up"), cwd=ROOT, check=True, timeout=300)
        yield attach(state)
    finally:
        kept = keep_logs(state)
        subprocess.run(command(state, network, "clean"), cwd=ROOT, check=True, timeout=180)
        print(f"the cluster's logs are in {kept}")


def keep_logs(state: Path) -> Path:
    """Copy the logs out of the state folder, which is deleted with its passwords."""
    kept = ROOT / "build" / "test-logs"
    shutil.rmtree(kept, ignore_errors=True)
    for log in state.glob("hosts/*/log/*.log"):
        target = kept / log.parts[-3] / log.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(log, target)
    return kept


@pytest.fixture
def spare(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Folder and network for a second cluster; whatever the test leaves there is removed."""
    state = tmp_path / "spare"
    with leased_network() as leased:
        yield state, leased
        subprocess.run(command(state, leased, "clean"), cwd=ROOT, check=True, timeout=180)


@pytest.fixture
def cluster(session_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The session's cluster, whole: what an earlier test broke has healed, or this one fails."""
    wait_for(
        "the cluster is whole",
        lambda: not session_cluster.missing(),
        within=WHOLE_WITHIN,
        every=0.5,
    )
    monkeypatch.setenv("MLFLOW_HA_STATE", str(session_cluster.site.state))
    for name, value in session_cluster.client_environment().items():
        monkeypatch.setenv(name, value)
    return session_cluster
