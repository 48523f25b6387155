"""Proves that a large artifact goes through an instance without lying in its memory.

Against a stand-in for S3; the real object store is the cluster's to prove.
"""

import hashlib
import os
import time
from collections.abc import Iterator

import psutil
import pytest
import requests

from tests.cluster.server.instance import MLFLOW_ADMIN, Instance
from tests.cluster.server.object_store import ObjectStore
from tests.cluster.server.postgres import Postgres

MEGABYTE = 1 << 20
SIZE = int(os.environ.get("ARTIFACT_MEGABYTES", "400")) * MEGABYTE
# boto3 holds up to ten parts of 8 MiB, and as many checksummed copies.
ALLOWED_GROWTH = 200 * MEGABYTE


@pytest.fixture(scope="module")
def with_store(pg: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance whose artifacts go to the stand-in."""
    folder = tmp_path_factory.mktemp("objects")
    store = ObjectStore(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_S3_ENDPOINT_URL", store.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "x")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        running = Instance(
            pg, folder, INSTANCE="artifacts", ARTIFACTS_DESTINATION="s3://bucket"
        ).wait_ready()
    yield running
    running.stop()
    store.close()


class Memory:
    """The largest resident size seen of a process."""

    def __init__(self, instance: Instance) -> None:
        self._process = psutil.Process(instance.process.pid)
        self.before = self.most = self._process.memory_info().rss

    def look(self) -> None:
        """Look again."""
        self.most = max(self.most, self._process.memory_info().rss)

    @property
    def growth(self) -> int:
        """Bytes above the first look."""
        return self.most - self.before


def random_chunks(digest: "hashlib._Hash", memory: Memory) -> Iterator[bytes]:
    block = os.urandom(MEGABYTE)
    for i in range(SIZE // MEGABYTE):
        chunk = i.to_bytes(8, "big") + block[8:]
        digest.update(chunk)
        memory.look()
        yield chunk


def read_back(url: str, memory: Memory, pause: float = 0) -> str:
    digest = hashlib.sha256()
    with requests.get(url, auth=MLFLOW_ADMIN, stream=True, timeout=300) as answer:
        assert answer.status_code == 200, answer.text
        for i, chunk in enumerate(answer.iter_content(MEGABYTE)):
            digest.update(chunk)
            memory.look()
            if i < 10:
                time.sleep(pause)
    return digest.hexdigest()


def test_a_large_artifact_goes_up_and_comes_down_in_bounded_memory(with_store: Instance) -> None:
    run = with_store.create_run()
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/big.bin"
    sent, memory = hashlib.sha256(), Memory(with_store)
    answer = requests.put(
        with_store.url + path, data=random_chunks(sent, memory), auth=MLFLOW_ADMIN, timeout=300
    )
    assert answer.status_code == 200, answer.text
    assert memory.growth < ALLOWED_GROWTH, f"upload: {memory.growth / MEGABYTE:.0f} MiB"
    assert read_back(with_store.url + path, memory) == sent.hexdigest()
    assert memory.growth < ALLOWED_GROWTH, f"download: {memory.growth / MEGABYTE:.0f} MiB"
    # What the UI's download button asks for: Flask's side, and a client that stalls.
    ui = f"{with_store.url}/get-artifact?run_uuid={run}&path=big.bin"
    memory = Memory(with_store)
    assert read_back(ui, memory, pause=0.2) == sent.hexdigest()
    assert memory.growth < ALLOWED_GROWTH, f"get-artifact: {memory.growth / MEGABYTE:.0f} MiB"


def test_a_missing_artifact_is_mlflows_own_answer(with_store: Instance) -> None:
    answer = with_store.get("/api/2.0/mlflow-artifacts/artifacts/0/none/artifacts/x", timeout=60)
    assert answer.status_code in (404, 500)
    assert "X-MLflow-HA-Failure" not in answer.headers
