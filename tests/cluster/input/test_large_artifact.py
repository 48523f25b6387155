"""A 1 GB artifact goes up and comes down through the front door, and no server holds it in memory.

That parts of it survive the loss of a storage zone is left to the drills.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from bench.target import processes
from local.cluster import Cluster
from tests.cluster.input.growth import Growth, watched

pytestmark = pytest.mark.cluster

MIB = 1 << 20
SIZE = 1000 * MIB
BLOCK = 4 * MIB

# A quarter of the artifact, so a server that holds the whole body fails by far. What a server may
# well hold: boto3 moves ten parts of 8 MiB at once, each perhaps twice (once read, once on its way
# to the socket), which is 160 MiB; the rest is Python's heap, which grows and seldom shrinks.
LARGEST_GROWTH = 256 * MIB
TRANSFERRING_HOSTS = ("app-", "lb-", "s3-")

Report = Callable[[str, object], None]


@pytest.fixture
def run_id(tracking: MlflowClient) -> Iterator[str]:
    """A run whose artifacts are deleted afterwards."""
    experiment = tracking.create_experiment(f"large-{uuid.uuid4().hex[:8]}")
    run = tracking.create_run(experiment)
    yield run.info.run_id
    get_artifact_repository(run.info.artifact_uri).delete_artifacts()
    left = tracking.list_artifacts(run.info.run_id)
    assert not left, f"artifacts are left behind: {left}"


@pytest.fixture
def large_file(tmp_path: Path) -> Iterator[Path]:
    """SIZE random bytes: nothing on the way can compress them."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        for _ in range(SIZE // BLOCK):
            file.write(os.urandom(BLOCK))
    yield path
    path.unlink()


def test_a_gigabyte_goes_up_and_down_unchanged_within_bounded_memory(  # noqa: PLR0917 (fixtures)
    cluster: Cluster,
    tracking: MlflowClient,
    run_id: str,
    large_file: Path,
    tmp_path: Path,
    record_property: Report,
) -> None:
    """Growth is judged per process and per direction; use of temporary files is reported."""
    sent = digest(large_file)

    with watched(lambda: processes(cluster, TRANSFERRING_HOSTS)) as upload:
        begun = time.monotonic()
        tracking.log_artifact(run_id, str(large_file))
        report(record_property, "upload", upload, time.monotonic() - begun)
    with watched(lambda: processes(cluster, TRANSFERRING_HOSTS)) as download:
        begun = time.monotonic()
        fetched = mlflow.artifacts.download_artifacts(
            artifact_uri=f"runs:/{run_id}/{large_file.name}", dst_path=str(tmp_path / "fetched")
        )
        report(record_property, "download", download, time.monotonic() - begun)

    received = digest(Path(fetched))
    Path(fetched).unlink()
    assert received == sent
    assert_bounded(upload, "upload")
    assert_bounded(download, "download")


def assert_bounded(growth: Growth, direction: str) -> None:
    """No process may grow by more than LARGEST_GROWTH."""
    assert growth.samples >= 3, f"{direction}: {growth.samples} samples prove nothing"
    assert max(growth.grown.values()) < LARGEST_GROWTH, (
        f"{direction}: a process grew beyond {LARGEST_GROWTH // MIB} MiB: {growth.largest(3)}"
    )


def report(record_property: Report, direction: str, growth: Growth, seconds: float) -> None:
    """Say what it took, on the console and in the test's report."""
    files = max(growth.files.values(), default=0)
    holder = next((growth.names[pid] for pid, held in growth.files.items() if held == files), "")
    record_property(f"{direction}_seconds", round(seconds, 1))
    record_property(f"{direction}_largest_growth_mib", max(growth.grown.values()) // MIB)
    record_property(f"{direction}_open_files_mib", files // MIB)
    print(
        f"{direction}: {seconds:.1f} s; grew most: {growth.largest(3)}; "
        f"most in open files: {files // MIB} MiB by {holder}"
    )


def digest(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
