"""Processes, forks and threads share one spool, and each one's work arrives once, in its order."""

import json
import subprocess
import time
from pathlib import Path

from bench.client_kills.points import WORK
from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready, variables
from tests.cluster.client.working import (
    PROMPT,
    Working,
    wait_for_more,
    wait_until_acknowledged,
    wait_until_right,
)

SCRIPTS = 4


def test_four_scripts_share_a_spool_while_one_of_them_is_killed(
    ready: Ready, ours: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    """The server goes and comes back meanwhile; whoever sends may be the one that is killed."""
    works = [Working(ours, tmp_path, f"shared-{n}", actions=60) for n in range(SCRIPTS)]
    ours.door.close()
    scripts = [work.start(ready, **spool) for work in works]
    for work in works:
        wait_until_acknowledged(work, 20)
    ours.door.open()
    scripts[0].kill()
    wait_for_more(works[1], scripts[1])
    with ours.door.closed():
        wait_for_more(works[2], scripts[2])
    for script in scripts[1:]:
        script.succeeded()
    done = ready.command("flush", "--timeout", "120", **ours.variables, **spool)
    assert done.returncode == 0, done.stdout + done.stderr
    for work in works:
        assert work.findings().none, work.findings()


def test_worker_processes_of_their_own_share_a_spool(
    ready: Ready, ours: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    """As a test runner or a scheduler starts them: nothing in common but the environment."""
    works = [Working(ours, tmp_path, f"worker-{n}", actions=15) for n in range(2)]
    environment = variables(**{**PROMPT, **ours.variables, **spool})
    with ours.door.closed():
        processes = [
            subprocess.Popen(
                [str(ready.python), str(WORK), *map(str, work.arguments)],
                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for work in works
        ]  # fmt: skip
        assert [process.wait(120) for process in processes] == [0, 0]
    done = ready.command("flush", "--timeout", "120", **ours.variables, **spool)
    assert done.returncode == 0, done.stdout + done.stderr
    for work in works:
        wait_until_right(work, 1)


def test_a_forked_child_and_its_parent_log_on(
    ready: Ready, server: Reached, spool: dict[str, str]
) -> None:
    """The parent's run goes on in four children, before, during and after an outage."""
    for name, environment in (("plain", {}), ("spooled", spool)):
        run = ready.run("forking", f"forked-{name}", **PROMPT, **server.variables, **environment)
        assert_logged(server, f"forked-{name}", told(run), writers=5)
    with server.door.closed():
        run = ready.run("forking", "forked-away", **PROMPT, **server.variables, **spool)
    done = ready.command("flush", "--timeout", "120", **server.variables, **spool)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_logged(server, "forked-away", told(run), writers=5)


def test_a_child_that_outlives_its_parent_loses_nothing(
    ready: Ready, ours: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    """A parent that closes a database which its child uses must not take it away from the child."""
    notes = tmp_path / "notes"
    with ours.door.closed():
        ready.run("orphan", "orphan", notes, **PROMPT, **ours.variables, **spool)
        until = time.monotonic() + 30
        while not notes.exists():
            assert time.monotonic() < until, "the child did not come to its end"
            time.sleep(0.05)
    done = ready.command("flush", "--timeout", "120", **ours.variables, **spool)
    assert done.returncode == 0, done.stdout + done.stderr
    run_id = ours.contents.run("orphan", "orphan")["info"]["run_id"]
    steps = [int(m.get("step", 0)) for m in ours.contents.history(run_id, "m")]
    assert steps == list(range(12))


def test_eight_threads_log_through_an_outage(
    ready: Ready, ours: Reached, spool: dict[str, str]
) -> None:
    script = ready.start("threads", "threads", **PROMPT, **ours.variables, **spool)
    with ours.door.closed():
        steps = told(script.succeeded())
    done = ready.command("flush", "--timeout", "120", **ours.variables, **spool)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_logged(ours, "threads", steps, writers=8)
    numbers = [int(v["version"]) for v in ours.contents.versions("threads")]
    assert sorted(numbers) == list(range(1, 9))


def told(printed: str) -> int:
    """Return how many steps a script says that it logged; MLflow prints addresses before."""
    return int(json.loads(printed.splitlines()[-1])["steps"])


def assert_logged(server: Reached, name: str, steps: int, writers: int) -> None:
    run = server.contents.run(name, name)
    history = server.contents.history(run["info"]["run_id"], "m")
    expected = {(writer, step) for writer in range(writers) for step in range(steps)}
    found = [(int(m["value"]), int(m.get("step", 0)) % 1000) for m in history]
    assert sorted(found) == sorted(expected)
    children = [r["info"]["run_name"] for r in server.contents.runs(name)]
    assert sorted(children) == sorted([name, *(f"{name}-{w}" for w in range(1, writers))])
