"""One interpreter that lives through everything, as a notebook's does: the server comes and goes."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready, variables
from tests.cluster.client.working import PROMPT

CELL_SECONDS = 60.0
FIRST = """
import mlflow
_ = mlflow.set_experiment(NAME)
run = mlflow.start_run(run_name=NAME)
mlflow.log_metric("m", 1, step=1)
"""


class Kernel:
    """Python's own interactive interpreter, fed cell by cell."""

    def __init__(self, python: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [str(python), "-iqu"], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._count = 0

    def cell(self, code: str) -> str:
        """Run code; return what was printed meanwhile."""
        assert self._process.stdin
        self._count += 1
        mark = f"--- {self._count} ---"
        self._process.stdin.write(f"{code.strip()}\n\nprint({mark!r})\n")
        self._process.stdin.flush()
        said = ""
        while mark not in (line := self._lines.get(timeout=CELL_SECONDS)):
            said += line
        assert "Traceback" not in said, said
        return said

    def end(self) -> int:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            return self._process.wait(CELL_SECONDS)
        finally:
            self._process.kill()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)


@pytest.fixture
def kernel(ready: Ready, ours: Reached, request: pytest.FixtureRequest) -> Iterator[Kernel]:
    extra = request.getfixturevalue("spool") if request.param == "spool" else {}
    running = Kernel(ready.python, variables(**{**PROMPT, **ours.variables, **extra}))
    yield running
    running.end()


@pytest.mark.parametrize("kernel", ["spool"], indirect=True)
def test_cells_run_while_the_server_is_away_and_are_sent_when_it_is_back(
    kernel: Kernel, ours: Reached
) -> None:
    kernel.cell(f"NAME = 'kernel-spool'\n{FIRST}")
    with ours.door.closed():
        kernel.cell("mlflow.log_metric('m', 2, step=2)")
        kernel.cell("child = mlflow.start_run(run_name='child', nested=True)")
        kernel.cell("mlflow.log_param('p', 'offline')\nmlflow.end_run()")
    kernel.cell("import mlflow_ha\nassert mlflow_ha.flush(30)")
    # Under the name it was given offline, the server's own is found.
    kernel.cell("found = mlflow.get_run(child.info.run_id)\nassert found.data.params['p']")
    with ours.door.closed():
        kernel.cell("mlflow.log_metric('m', 3, step=3)")
    kernel.cell("mlflow.end_run()\nassert mlflow_ha.flush(30)")
    run = ours.contents.run("kernel-spool", "kernel-spool")
    assert run["info"]["status"] == "FINISHED"
    assert [m["value"] for m in ours.contents.history(run["info"]["run_id"], "m")] == [1, 2, 3]
    child = ours.contents.run("kernel-spool", "child")
    assert {t["key"]: t["value"] for t in child["data"]["tags"]}["mlflow.parentRunId"] == (
        run["info"]["run_id"]
    )


@pytest.mark.parametrize("kernel", ["plain"], indirect=True)
def test_a_server_that_restarted_between_two_cells_is_simply_used(
    kernel: Kernel, ours: Reached
) -> None:
    """Connections kept from before are gone; a cell that meets an outage waits for its end."""
    kernel.cell(f"NAME = 'kernel-plain'\n{FIRST}")
    with ours.door.closed():
        pass
    kernel.cell("mlflow.log_metric('m', 2, step=2)")
    ours.door.close()
    threading.Timer(2, ours.door.open).start()
    kernel.cell("mlflow.log_metric('m', 3, step=3)\nmlflow.end_run()")
    run = ours.contents.run("kernel-plain", "kernel-plain")
    assert [m["value"] for m in ours.contents.history(run["info"]["run_id"], "m")] == [1, 2, 3]
