"""`mlflow-ha` on a spool that a script left: each command says what is true, and does no more."""

import json
from pathlib import Path

import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready
from tests.cluster.client.working import PROMPT, Working

Variables = dict[str, str]


@pytest.fixture
def left(
    ready: Ready, ours: Reached, spool: Variables, tmp_path: Path
) -> tuple[Working, Variables]:
    """What a script left while the server was away, which it is still."""
    work = Working(ours, tmp_path, f"commands-{tmp_path.name}", actions=10)
    ours.door.close()
    work.start(ready, **spool).succeeded()
    return work, {**PROMPT, **ours.variables, **spool}


def test_what_waits_is_counted_listed_exported_and_sent(
    ready: Ready, ours: Reached, left: tuple[Working, Variables], tmp_path: Path
) -> None:
    work, variables = left
    told = json.loads(ready.command("status", "--json", **variables).stdout)
    assert told["writable"] is False
    assert told["spooling"] is True
    assert told["waiting"] > 10
    assert told["refused"] == 0
    queue = json.loads(ready.command("queue", "--json", **variables).stdout)
    assert len(queue) == told["waiting"]
    assert [one["operation"] for one in queue[:3]] == [
        "CreateExperiment", "CreateRegisteredModel", "CreateRun",
    ]  # fmt: skip
    listed = ready.command("queue", **variables)
    assert f"{len(queue)} operations" in listed.stdout
    exported = tmp_path / "exported.jsonl"
    assert ready.command("export", str(exported), **variables).returncode == 0
    assert [json.loads(line)["id"] for line in exported.read_text().splitlines()] == [
        one["id"] for one in queue
    ]
    assert ready.command("doctor", **variables).returncode == 1
    in_vain = ready.command("flush", "--timeout", "1", **variables)
    assert in_vain.returncode == 1
    assert "still wait after 1 s; they are kept" in in_vain.stderr
    ours.door.open()
    sent = ready.command("flush", **variables)
    assert (sent.returncode, sent.stdout) == (0, "nothing waits\n"), sent.stderr
    assert work.findings().none
    assert ready.command("doctor", **variables).returncode == 0
    told = json.loads(ready.command("status", "--json", **variables).stdout)
    assert (told["writable"], told["waiting"]) == (True, 0)


def test_what_is_dropped_never_comes_and_the_rest_does(
    ready: Ready, ours: Reached, left: tuple[Working, Variables]
) -> None:
    work, variables = left
    queue = json.loads(ready.command("queue", "--json", **variables).stdout)
    given_up = next(one for one in queue if one["operation"] == "CreateRun")
    unknown = ready.command("drop", "--yes", "none-1", **variables)
    assert unknown.returncode == 1
    assert "not dropped: none-1" in unknown.stderr
    assert ready.command("drop", "--yes", given_up["id"], **variables).returncode == 0
    ours.door.open()
    sent = ready.command("flush", **variables)
    # What belonged to the run is refused in turn, and says why.
    assert sent.returncode == 1
    refused = [
        one
        for one in json.loads(ready.command("queue", "--json", **variables).stdout)
        if one["refused"]
    ]
    assert refused
    assert all("it was dropped" in one["refused"] for one in refused)
    findings = work.findings()
    assert ("run", 0) in findings.lost
    assert ("experiment", work.name) not in findings.lost
    assert not findings.doubled
    assert not findings.unasked


def test_what_the_server_refuses_is_kept_told_and_sent_once_it_may(
    ready: Ready, ours: Reached, spool: Variables
) -> None:
    variables = {**PROMPT, **ours.variables, **spool}
    with ours.door.closed():
        ready.run("refused", "refused", **variables)
    sent = ready.command("flush", **variables)
    assert sent.returncode == 1
    assert "1 operations were refused" in sent.stderr
    (refused,) = json.loads(ready.command("queue", "--json", **variables).stdout)
    assert refused["operation"] == "CreateModelVersion"
    # The rest of the script is there; what was refused comes once the reason is gone.
    assert ours.contents.run("refused", "refused")["info"]["status"] == "FINISHED"
    ours.contents.post("/api/2.0/mlflow/registered-models/create", {"name": "missing"})
    again = ready.command("flush", "--refused", **variables)
    assert again.returncode == 0, again.stderr
    assert len(ours.contents.versions("missing")) == 1
