"""Proves that the application's password can be changed without a failed request, and how not.

PostgreSQL and the instances are real; who sends requests elsewhere before an instance is told to
stop is a list here, and the load balancer on AWS.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
import requests

from tests.cluster.server.instance import APP_B_PASSWORD, APP_PASSWORD, Instance, run
from tests.cluster.server.postgres import Postgres

RENEWED = "renewed-password-of-the-test"
ENOUGH = 20
"""Writes that have to succeed in a phase before the next one begins."""
LONGEST_SECONDS = 60.0


@pytest.fixture
def rotated(pg: Postgres) -> Iterator[Postgres]:
    """The session's server, given back with the passwords it had."""
    yield pg
    provision(pg)


@pytest.fixture
def start(rotated: Postgres, tmp_path: Path) -> Iterator[Callable[..., Instance]]:
    """Starts instances that end with the test, however it ends."""
    started: list[Instance] = []

    def start_one(**settings: object) -> Instance:
        started.append(Instance(rotated, tmp_path, **settings))
        return started[-1].wait_ready()

    yield start_one
    for instance in started:
        instance.stop()


def provision(pg: Postgres, **passwords: str) -> None:
    done = run("provision", pg, **passwords)
    assert done.returncode == 0, done.stdout


def end_sessions(pg: Postgres, instance: str) -> None:
    """Close every session of an instance, as an idle time-out or a failover does."""
    pg.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"  # noqa: S608
        f" WHERE application_name = 'mlflow-{instance}'"
    )


class Writers:
    """Clients that never pause, each sending to the last instance behind the door."""

    def __init__(self, door: list[Instance]) -> None:
        self._door = door
        self._over = threading.Event()
        self._wrote = threading.Condition()
        self.answers: Counter[object] = Counter()
        self._threads = [threading.Thread(target=self._write, daemon=True) for _ in range(4)]

    @contextmanager
    def writing(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join(LONGEST_SECONDS)

    def wait_for_more(self) -> None:
        """Return once enough writes have begun and succeeded since the call."""
        with self._wrote:
            wanted = self.answers[200] + ENOUGH + len(self._threads)
            assert self._wrote.wait_for(lambda: self.answers[200] >= wanted, LONGEST_SECONDS)

    def _write(self) -> None:
        body = {"experiment_id": "0", "start_time": 1}
        while not self._over.is_set():
            try:
                answer: object = self._door[-1].post("runs/create", body).status_code
            except requests.RequestException as error:
                answer = repr(error)
            with self._wrote:
                self.answers[answer] += 1
                self._wrote.notify_all()


def test_alternating_logins_change_the_password_without_a_failed_request(
    rotated: Postgres, start: Callable[..., Instance]
) -> None:
    old = start(INSTANCE="login-a")
    door = [old]
    writers = Writers(door)
    with writers.writing():
        writers.wait_for_more()
        provision(rotated, APP_B_PASSWORD=APP_B_PASSWORD)
        writers.wait_for_more()
        uri = rotated.uri("mlflow_app_b", APP_B_PASSWORD)
        new = start(INSTANCE="login-b", DATABASE_URI=uri)
        door.append(new)
        assert old.stop() == 0
        writers.wait_for_more()
        # What the first login's password was is now nobody's concern.
        provision(rotated, APP_PASSWORD=RENEWED, APP_B_PASSWORD=APP_B_PASSWORD)
        writers.wait_for_more()
    assert set(writers.answers) == {200}
    end_sessions(rotated, "login-b")
    assert new.create_run()
    assert new.stop() == 0
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        rotated.sql("SELECT 1", uri=rotated.uri("mlflow_app", APP_PASSWORD))
    assert rotated.sql("SELECT 1", uri=rotated.uri("mlflow_app", RENEWED)) == [(1,)]


def test_an_instance_outlives_a_change_of_its_own_password_only_until_it_must_log_in_again(
    rotated: Postgres, start: Callable[..., Instance]
) -> None:
    """Why logins alternate: nothing shows the damage until connections are opened again."""
    running = start(INSTANCE="overtaken")
    assert running.create_run()
    provision(rotated, APP_PASSWORD=RENEWED)
    assert running.create_run()
    end_sessions(rotated, "overtaken")
    answer = running.post("runs/create", {"experiment_id": "0"})
    assert answer.status_code >= 400
    assert "Retry-After" not in answer.headers
    assert running.get("/writable").status_code == 503
    # The balancer keeps it: an outage of the database must not empty the balancer.
    assert running.get("/ready").status_code == 200
    assert running.stop() == 0
    assert "password authentication failed" in running.log.read_text()
