"""A webhook is told of each opening and closing once, in order, and no call notices it.

The server that fails and the webhook are small real ones.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow_ha import alerts, events
from mlflow_ha.deadline import Deadline
from mlflow_ha.errors import TrackingUnavailable
from mlflow_ha.message import Message
from mlflow_ha.sender import Sender
from mlflow_ha.settings import MLflowSettings
from mlflow_ha.spool.folder import Folder, opened
from pydantic import SecretStr

from tests.unit.client.forked import succeeds_in_a_child
from tests.unit.client.little_server import LittleServer
from tests.unit.client.webhook import Webhook

SERVER = "http://127.0.0.1:5000"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as running:
        yield running


@pytest.fixture(autouse=True)
def nobody_is_told() -> Iterator[None]:
    yield
    alerts._receiver = None
    alerts._bells.clear()
    events._listeners.pop(events.BreakerChanged, None)


def get_run() -> Message:
    return Message("GetRun", "GET", "/api/2.0/mlflow/runs/get", {"run_id": "x"})


def sender_to(server: LittleServer, address: str, spool_dir: Path) -> Sender:
    server.runs["x"] = {"info": {"run_id": "x"}}
    settings = MLflowSettings(
        alert_webhook=SecretStr(address),
        spool_dir=spool_dir,
        circuit_breaker_failure_threshold=2,
        retry_delay=0.01,
        probe_interval=0.05,
    )
    uri = server.uri.replace("//", "//me:pa55@")
    return Sender(uri, settings)


def fail(sender: Sender, server: LittleServer) -> None:
    server.down = True
    while sender.server.breaker.state != "OPEN":
        with pytest.raises(TrackingUnavailable):
            sender.send(get_run(), Deadline.after(0.1))


def recover(sender: Sender, server: LittleServer) -> None:
    server.down = False
    sender.send(get_run(), Deadline.after(30))


def test_opened_and_closed_are_told_once_each_and_in_order(
    little: LittleServer, webhook: Webhook, tmp_path: Path
) -> None:
    sender = sender_to(little, webhook.address, tmp_path)
    with opened(Folder(tmp_path, little.uri)) as contents:
        contents.log.append(Message("LogMetric", "POST", "/x"), {}, process=1)
    begun = datetime.now(UTC)
    fail(sender, little)
    assert webhook.wait_for(1) == ["OPEN"]
    recover(sender, little)
    assert webhook.wait_for(2) == ["OPEN", "CLOSED"]
    for _ in range(3):
        sender.call(get_run())
    alerts._farewell()
    assert webhook.states == ["OPEN", "CLOSED"]
    first, second = webhook.told
    assert (
        begun <= datetime.fromisoformat(first["since"]) <= datetime.fromisoformat(second["since"])
    )
    same = {"server": little.uri, "queued": 1, "host": socket.gethostname(), "pid": os.getpid()}
    for told in (first, second):
        assert {name: told[name] for name in same} == same
        assert "pa55" not in str(told)
    assert f"MLflow at {little.uri} is unavailable" in first["text"]
    assert f"MLflow at {little.uri} is back" in second["text"]


def test_a_probe_call_that_fails_is_no_news(webhook: Webhook, tmp_path: Path) -> None:
    bell = alerts.Bell(SERVER, SecretStr(webhook.address), tmp_path, pause=0)
    for state in ("OPEN", "HALF_OPEN", "OPEN", "HALF_OPEN", "OPEN", "HALF_OPEN", "CLOSED"):
        bell.changed(state)
    assert webhook.wait_for(2) == ["OPEN", "CLOSED"]
    assert bell.wait(10)
    assert webhook.states == ["OPEN", "CLOSED"]


@pytest.mark.parametrize("how", ["refuses", "says nothing", "fails"])
def test_a_dead_webhook_slows_and_breaks_nothing(
    little: LittleServer,
    webhook: Webhook,
    tmp_path: Path,
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = webhook.address
    if how == "refuses":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{free.getsockname()[1]}/s3cret-path"
    webhook.status = 500
    if how == "says nothing":
        webhook.gate.clear()
    sender = sender_to(little, address, tmp_path)
    fail(sender, little)
    # The call that waits for the server comes back while the webhook has not answered yet.
    recover(sender, little)
    for _ in range(20):
        sender.call(get_run())
    if how == "says nothing":
        assert webhook.wait_for(1) == ["OPEN"]
        assert not alerts._bells[little.uri].wait(0)
        webhook.gate.set()
    assert alerts._bells[little.uri].wait(30)
    assert "was not told" in caplog.text
    assert "s3cret" not in caplog.text


def test_who_publishes_does_not_wait_for_the_webhook(webhook: Webhook, tmp_path: Path) -> None:
    webhook.gate.clear()
    alerts.send_to(SecretStr(webhook.address), tmp_path)
    for state in ("OPEN", "HALF_OPEN", "CLOSED"):
        events.publish(events.BreakerChanged(SERVER, state))
    # All were taken while the webhook holds back its first answer.
    assert webhook.wait_for(1) == ["OPEN"]
    webhook.gate.set()
    assert webhook.wait_for(2) == ["OPEN", "CLOSED"]


def test_a_breaker_that_flaps_is_told_of_once_a_minute_at_most(
    webhook: Webhook, tmp_path: Path
) -> None:
    bell = alerts.Bell(SERVER, SecretStr(webhook.address), tmp_path, pause=60)
    for _ in range(10):
        bell.changed("OPEN")
        bell.changed("CLOSED")
    bell.changed("OPEN")
    assert webhook.wait_for(2) == ["OPEN", "CLOSED"]
    until = time.monotonic() + 30
    while not bell._changes.empty():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert webhook.states == ["OPEN", "CLOSED"]


def test_an_opening_that_lasts_is_told_when_the_pause_is_over(
    webhook: Webhook, tmp_path: Path
) -> None:
    bell = alerts.Bell(SERVER, SecretStr(webhook.address), tmp_path, pause=1)
    begun = time.monotonic()
    for state in ("OPEN", "CLOSED", "OPEN", "CLOSED", "OPEN"):
        bell.changed(state)
    assert webhook.wait_for(3) == ["OPEN", "CLOSED", "OPEN"]
    assert time.monotonic() - begun >= 1
    assert webhook.told[2]["held_back"] == 1
    bell.changed("CLOSED")
    assert webhook.wait_for(4)[3] == "CLOSED"


def test_each_server_has_a_pause_of_its_own(webhook: Webhook, tmp_path: Path) -> None:
    alerts.send_to(SecretStr(webhook.address), tmp_path)
    for server in (SERVER, "http://127.0.0.1:5001"):
        events.publish(events.BreakerChanged(server, "OPEN"))
    webhook.wait_for(2)
    assert {told["server"] for told in webhook.told} == {SERVER, "http://127.0.0.1:5001"}


def test_a_forked_child_tells_of_itself(webhook: Webhook, tmp_path: Path) -> None:
    alerts.send_to(SecretStr(webhook.address), tmp_path)
    events.publish(events.BreakerChanged(SERVER, "OPEN"))
    webhook.wait_for(1)

    def tells() -> bool:
        events.publish(events.BreakerChanged(SERVER, "OPEN"))
        return alerts._bells[SERVER].wait(20)

    assert succeeds_in_a_child(tells)
    first, second = (told["pid"] for told in webhook.told)
    assert first == os.getpid() != second


def test_a_process_that_ends_at_once_has_told_it(webhook: Webhook, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pydantic import SecretStr\n"
        "from mlflow_ha import alerts, events\n"
        "alerts.send_to(SecretStr(sys.argv[1]), Path(sys.argv[2]))\n"
        f"events.publish(events.BreakerChanged('{SERVER}', 'OPEN'))\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, webhook.address, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True, timeout=120,
    )  # fmt: skip
    assert webhook.states == ["OPEN"]


def test_nobody_is_told_where_nothing_is_set(little: LittleServer, tmp_path: Path) -> None:
    settings = MLflowSettings(spool_dir=tmp_path, retry_delay=0.01)
    sender = Sender(little.uri, settings)
    fail(sender, little)
    assert not alerts._bells
    assert not events._listeners.get(events.BreakerChanged)
