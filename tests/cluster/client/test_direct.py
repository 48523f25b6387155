"""Artifacts that the client moves to S3 itself, past the tracking server, through outages of either."""

from collections.abc import Iterator

import pytest

from bench.client_kills.door import Door
from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready
from tests.cluster.client.working import PROMPT
from tests.cluster.server.simple_storage import BUCKET, KEYS, SimpleStorage


class Direct:
    """S3 behind a door, and what a client needs to reach it."""

    def __init__(self, storage: SimpleStorage) -> None:
        self.storage = storage
        self.door = Door.to(storage.url)
        self.variables = {**KEYS, **PROMPT, "MLFLOW_S3_ENDPOINT_URL": self.door.uri}
        self.variables |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}

    def files(self, place: str) -> dict[str, bytes]:
        """What is below a place, by name."""
        found = self.storage.objects()
        return {k.removeprefix(place): v for k, v in found.items() if k.startswith(place)}


@pytest.fixture
def direct(storage: SimpleStorage) -> Iterator[Direct]:
    made = Direct(storage)
    yield made
    made.door.end()


def run_id(server: Reached, name: str) -> str:
    return str(server.contents.run(name, name)["info"]["run_id"])


def expected(name: str, run: str) -> dict[str, bytes]:
    below = f"/{run}/artifacts"
    return {f"{below}/one.txt": name.encode(), f"{below}/deep/er/two.bin": bytes(range(256))}


def test_files_go_to_s3_and_come_back(ready: Ready, ours: Reached, direct: Direct) -> None:
    ready.run("direct", "direct", f"s3://{BUCKET}/direct", **ours.variables, **direct.variables)
    made = run_id(ours, "direct")
    assert direct.files("direct") == expected("direct", made)
    ready.run("fetching", made, **ours.variables, **direct.variables)


def test_an_outage_of_s3_is_waited_for(ready: Ready, ours: Reached, direct: Direct) -> None:
    direct.door.hold_back("PUT /bucket/waited/", times=2)
    ready.run("direct", "waited", f"s3://{BUCKET}/waited", **ours.variables, **direct.variables)
    assert direct.door.held_back == 2
    assert direct.files("waited") == expected("waited", run_id(ours, "waited"))


@pytest.mark.parametrize("away", ["tracking", "s3", "both"])
def test_with_a_spool_they_wait_for_whoever_is_away(
    ready: Ready, ours: Reached, direct: Direct, spool: dict[str, str], away: str
) -> None:
    doors = {"tracking": [ours.door], "s3": [direct.door], "both": [ours.door, direct.door]}[away]
    variables = {**ours.variables, **direct.variables, **spool}
    name = f"away-{away}"
    for door in doors:
        door.end()
    script = ready.start("direct", name, f"s3://{BUCKET}/{name}", **variables)
    script.succeeded()
    assert direct.files(name) == {}
    for door in doors:
        door.open()
    done = ready.command("flush", "--timeout", "120", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert direct.files(name) == expected(name, run_id(ours, name))
