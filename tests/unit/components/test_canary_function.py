"""The canary's function registers like a user, cleans up, and says what failed but no password."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.canary_function import handler
from components.canary_function.observation import line
from components.canary_function.registration import MODEL, Login, StepFailed, register
from observability import canary

LOGIN = Login("canary", "a-secret-password")
CREATE, NEW, DELETE, ANEW = (
    "POST model-versions/create",
    "POST registered-models/create",
    "DELETE model-versions/delete",
    "DELETE registered-models/delete",
)
WRITABLE = "GET /writable"


class Door(ThreadingHTTPServer):
    """Answers as MLflow does; the model exists once it was created."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.logins: set[str] = set()
        self.failing: dict[str, int] = {}
        self.known = True
        self.unknown = 403
        self.version = 1

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, call: str) -> tuple[int, dict[str, Any]]:
        if call in self.failing:
            return self.failing[call], {"message": LOGIN.password}
        if call == CREATE and not self.known:
            return self.unknown, {}
        self.known = self.known or call == NEW
        return 200, {"model_version": {"version": str(self.version)}}


class _Handler(BaseHTTPRequestHandler):
    server: Door

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = f"{self.command} {self.path.removeprefix('/api/2.0/mlflow/')}"
        self.server.asked.append(call)
        self.server.bodies.append(json.loads(body or b"{}"))
        self.server.logins.add(self.headers["Authorization"])
        status, answer = self.server.answer(call)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_DELETE = handle_any  # noqa: N815  (the library's names)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[Door]:
    running = Door()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def handled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Run the function as Lambda does, against a URL, and return the line that it writes."""
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        held = {"username": LOGIN.username, "password": LOGIN.password}
        secret = boto3.client("secretsmanager").create_secret(
            Name="canary", SecretString=json.dumps(held)
        )

        def run(url: str, secret_arn: str = secret["ARN"]) -> dict[str, Any]:
            given = {
                "ENVIRONMENT": "test",
                "FRONT_DOOR": url,
                "INTERVAL_SECONDS": "60",
                "NAMESPACE": canary.NAMESPACE,
                "SECRET_ARN": secret_arn,
            }
            for key, value in given.items():
                monkeypatch.setenv(key, value)
            handler.handle({}, None)
            text = capsys.readouterr().out
            assert LOGIN.password not in text
            found: dict[str, Any] = json.loads(text)
            return found

        yield run


def test_a_version_is_registered_as_the_canarys_user_and_deleted_again(door: Door) -> None:
    door.version = 7
    register(door.url, LOGIN)
    assert door.asked == [WRITABLE, CREATE, DELETE]
    assert door.bodies[-1] == {"name": MODEL, "version": "7"}
    (sent,) = door.logins
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "canary:a-secret-password"


@pytest.mark.parametrize("status", [403, 404])
def test_an_unknown_model_is_created_first(door: Door, status: int) -> None:
    door.known, door.unknown = False, status
    register(door.url, LOGIN)
    assert door.asked == [WRITABLE, CREATE, NEW, CREATE, DELETE]


@pytest.mark.parametrize(("version", "removed"), [(499, DELETE), (500, ANEW)])
def test_the_model_goes_before_its_deleted_versions_are_many(
    door: Door, version: int, removed: str
) -> None:
    door.version = version
    register(door.url, LOGIN)
    assert door.asked[-1] == removed


@pytest.mark.parametrize(
    ("call", "step"),
    [
        (WRITABLE, "asking whether a write would succeed"),
        (CREATE, "registering a version"),
        (NEW, "creating the canary's model"),
        (DELETE, "removing the version"),
    ],
)
def test_a_failure_names_its_step_and_status_and_never_the_password(
    door: Door, call: str, step: str
) -> None:
    door.known = call != NEW
    door.failing = {call: 503}
    with pytest.raises(StepFailed) as told:
        register(door.url, LOGIN)
    assert str(told.value) == f"{step}: HTTP 503"
    assert door.asked[-1] == call
    assert LOGIN.password not in repr(LOGIN)


def test_only_the_registration_is_timed(door: Door) -> None:
    ticks: Iterator[tuple[float, list[str]]] = iter(
        [(10.0, [WRITABLE]), (12.5, [WRITABLE, CREATE])]
    )

    def clock() -> float:
        now, asked = next(ticks)
        assert door.asked == asked
        return now

    assert register(door.url, LOGIN, clock=clock) == 2.5


def test_a_success_tells_its_seconds_and_no_outage(
    door: Door, handled: Callable[..., dict[str, Any]]
) -> None:
    said = handled(door.url)
    assert (said["Succeeded"], said["UnavailableSeconds"]) == (1, 0)
    assert said["Seconds"] > 0
    assert "failure" not in said


def test_a_failure_tells_the_whole_interval_and_is_not_raised(
    door: Door, handled: Callable[..., dict[str, Any]]
) -> None:
    door.failing = {CREATE: 500}
    said = handled(door.url)
    assert (said["Succeeded"], said["UnavailableSeconds"]) == (0, 60)
    assert said["failure"] == "registering a version: HTTP 500"
    assert "Seconds" not in said


def test_a_canary_that_cannot_read_its_login_has_not_registered(
    door: Door, handled: Callable[..., dict[str, Any]]
) -> None:
    missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none"
    said = handled(door.url, missing)
    assert said["failure"] == "the canary itself: ResourceNotFoundException"
    assert said["Succeeded"] == 0
    assert door.asked == []


def test_a_line_names_each_metric_that_it_carries_and_the_alarms_look_at_them() -> None:
    text = line(
        at=1700000000.5,
        environment="prod",
        namespace=canary.NAMESPACE,
        interval=60,
        seconds=0.25,
        failure=None,
    )
    assert "\n" not in text
    said = json.loads(text)
    assert said["_aws"]["Timestamp"] == 1700000000500
    (directive,) = said["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == canary.NAMESPACE
    assert directive["Dimensions"] == [["Environment"]]
    names = {metric["Name"] for metric in directive["Metrics"]}
    assert names == {canary.SUCCEEDED, canary.SECONDS, canary.UNAVAILABLE}
    assert names | {"Environment", "_aws"} == set(said)
