"""Many calls are few requests, lose nothing, and a `kill -9` costs no more than is said.

How much faster it is, `python -m bench coalescing` measures.
"""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.contents import plain
from tests.cluster.client.environment import Ready
from tests.cluster.client.stock_server import StockServer

ON = {"MLFLOW_HA_COALESCE": "1"}
LOGGING = re.compile(r'"POST \S*/runs/(?:log-\w+|set-tag) ')
CALLS, ENDLESS = 500, 1_000_000
WINDOW = 0.1
FOREVER = {"MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "1", "MLFLOW_HA_SPOOL_PATIENCE": "0.3"}


def requests_seen(server: StockServer) -> int:
    """How many requests the server says it had that log something."""
    return len(LOGGING.findall((server._folder / "server.log").read_text()))


def noted(notes: Path) -> list[float]:
    """The moment in which each call had returned; a last line may be torn by the death."""
    if not notes.exists():
        return []
    return [float(line.split()[1]) for line in notes.read_text().split("\n")[:-1]]


def wait_until_noted(notes: Path, calls: int) -> None:
    until = time.monotonic() + 60
    while len(noted(notes)) < calls:
        assert time.monotonic() < until, f"{len(noted(notes))} of {calls} calls in 60 s"
        time.sleep(0.02)


def logged(server: Reached, name: str) -> list[dict[str, Any]]:
    run = server.contents.run(f"experiment-{name}", name)
    return server.contents.history(run["info"]["run_id"], "m")


def wait_until_logged(server: Reached, name: str, calls: int) -> None:
    until = time.monotonic() + 60
    while (count := len(logged(server, name))) < calls:
        assert time.monotonic() < until, f"{count} of {calls} values in 60 s"
        time.sleep(0.2)


def wait_until_it_stays(server: Reached, name: str) -> list[dict[str, Any]]:
    """Return what was logged, once no more comes."""
    before, found = -1, logged(server, name)
    until = time.monotonic() + 60
    while len(found) != before:
        assert time.monotonic() < until, "more and more comes"
        before = len(found)
        time.sleep(1)
        found = logged(server, name)
    return found


@pytest.mark.parametrize("spooled", [False, True], ids=["plain", "spool"])
@pytest.mark.parametrize("lossy", [False, True], ids=["calm", "lost-replies"])
def test_all_calls_arrive_once_in_a_tenth_of_the_requests(
    *,
    ready: Ready,
    stock_server: StockServer,
    stock: Reached,
    spool: dict[str, str],
    tmp_path: Path,
    spooled: bool,
    lossy: bool,
) -> None:
    name, before = f"chat-{spooled}-{lossy}", requests_seen(stock_server)
    if lossy:
        stock.door.lose("/log-batch", times=3)
    variables = {**stock.variables, **ON, **(spool if spooled else {})}
    ready.run("chatting", name, CALLS, tmp_path / "notes", **variables)
    run = plain(stock.contents.run(f"experiment-{name}", name))
    tenth = range(0, CALLS, 10)
    assert run["status"] == "FINISHED"
    assert run["tags"] == {"last": str(tenth[-1])}
    assert run["params"] == {"before": "1", **{f"p{step}": str(step) for step in tenth}}
    assert run["metrics"][("after", 0)] == 1.0
    assert [(m["step"], m["value"]) for m in logged(stock, name)] == [
        (step, float(step)) for step in range(CALLS)
    ]
    assert stock.door.lost == (3 if lossy else 0)
    assert requests_seen(stock_server) - before <= (CALLS + 2 * len(tenth)) / 10


@pytest.mark.parametrize("window", [WINDOW, 0.0])
@pytest.mark.parametrize("away", [False, True], ids=["server-there", "server-away"])
def test_a_kill_loses_nothing_that_is_older_than_the_bound(
    *,
    ready: Ready,
    stock: Reached,
    spool: dict[str, str],
    tmp_path: Path,
    window: float,
    away: bool,
) -> None:
    """Whoever finds the journal sends it; nobody helps."""
    name, notes = f"killed-{window}-{away}", tmp_path / "notes"
    variables = {**stock.variables, **ON, **spool, **FOREVER}
    variables["MLFLOW_HA_COALESCE_SECONDS"] = str(window)
    script = ready.start("chatting", name, ENDLESS, notes, **variables)
    wait_until_noted(notes, 100)
    if away:
        stock.door.close()
        wait_until_noted(notes, len(noted(notes)) + 100)
    script.kill()
    script.wait()
    stock.door.open()
    returned = noted(notes)
    promised = [moment for moment in returned if moment <= returned[-1] - window]
    wait_until_logged(stock, name, len(promised))
    found = [(m["step"], m["value"]) for m in wait_until_it_stays(stock, name)]
    assert found == [(step, float(step)) for step in range(len(found))]
    assert len(promised) <= len(found) <= len(returned) + 1


def test_without_an_heir_the_next_flush_sends_what_a_killed_process_left(
    ready: Ready, stock: Reached, spool: dict[str, str], tmp_path: Path
) -> None:
    name, notes = "killed-alone", tmp_path / "notes"
    variables = {**stock.variables, **ON, **spool, "MLFLOW_HA_COALESCE_SECONDS": "0"}
    script = ready.start("chatting", name, ENDLESS, notes, **variables)
    wait_until_noted(notes, 100)
    script.kill()
    script.wait()
    sent = ready.command("flush", "--timeout", "30", **variables)
    assert sent.returncode == 0, sent.stderr
    values = [m["value"] for m in logged(stock, name)]
    assert values == list(range(len(values)))
    assert len(noted(notes)) <= len(values) <= len(noted(notes)) + 1
