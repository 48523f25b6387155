"""Proves what a client is told when the database fails under one real instance.

PostgreSQL is real; the failures are: refused writes, a stop, a freeze, a lost
connection before and during COMMIT, and a pool used up. Left to the drills: the
same through a pooler and a failover.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
import requests

from tests.cluster.server.instance import APP_PASSWORD, MLFLOW_ADMIN, Instance
from tests.cluster.server.postgres import Postgres
from tests.cluster.server.severing_proxy import SeveringProxy

METRICS = [{"key": f"m{i}", "value": i, "timestamp": 1, "step": 0} for i in range(100)]


def assert_retryable(answer: requests.Response, failure: str) -> None:
    """Assert the answer that lets a client send the same request again."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["X-MLflow-HA-Failure"] == failure
    assert "X-MLflow-HA-Outcome" not in answer.headers
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"


def within(seconds: float, server: Instance, path: str) -> requests.Response:
    """Ask and assert that the answer took no longer."""
    began = time.monotonic()
    answer = requests.get(server.url + path, timeout=10)
    took = time.monotonic() - began
    assert took < seconds, f"{path} took {took:.2f} s"
    return answer


@contextlib.contextmanager
def held(pg: Postgres, statement: str, *values: object) -> Iterator[psycopg2.extensions.connection]:
    """Hold the locks a statement takes until the end, or until the caller rolls back."""
    connection = psycopg2.connect(pg.admin_uri("mlflow"))
    try:
        connection.cursor().execute(statement, values)
        yield connection
    finally:
        connection.close()


# Conflicts with an UPDATE of the row, not with an INSERT that refers to it.
ROWS = "SELECT 1 FROM runs WHERE run_uuid = ANY(%s) FOR NO KEY UPDATE"


def wait_writable(server: Instance, seconds: float = 20) -> None:
    """Return once /writable answers 200."""
    deadline = time.monotonic() + seconds
    while requests.get(f"{server.url}/writable", timeout=10).status_code != 200:
        assert time.monotonic() < deadline, "not writable again in time"
        time.sleep(0.1)


def test_a_read_only_database_is_a_503_with_retry_after_and_never_a_400(
    pg: Postgres, server: Instance
) -> None:
    run = server.create_run()
    with pg.read_only():
        answer = server.post(
            "runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1}
        )
        assert_retryable(answer, "read-only")
        assert_retryable(
            server.post("runs/log-batch", {"run_id": run, "metrics": METRICS}), "read-only"
        )
        assert_retryable(server.post("experiments/create", {"name": "ro"}), "read-only")
        assert_retryable(server.post("registered-models/create", {"name": "ro"}), "read-only")
        assert server.get("/api/2.0/mlflow/runs/get", params={"run_id": run}).status_code == 200
        writable = within(1, server, "/writable")
        assert writable.status_code == 503
        assert "read-only" in writable.json()["reason"]
        assert within(1, server, "/ready").status_code == 200
    wait_writable(server)


def test_an_error_of_the_request_is_passed_through_untouched(server: Instance) -> None:
    answer = server.post("experiments/create", {"name": "Default"})
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "RESOURCE_ALREADY_EXISTS"
    assert "X-MLflow-HA-Failure" not in answer.headers
    assert requests.get(server.url + "/", timeout=10).status_code == 401


def test_a_frozen_database_makes_writable_fail_in_a_second_and_leaves_ready_alone(
    pg: Postgres, server: Instance
) -> None:
    uncached = ("nobody", "never-seen-password")
    artifact = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/0/x"
    with ThreadPoolExecutor(2) as pool:
        with pg.frozen():
            # MLflow checks this login on the event loop, were it not done before.
            stuck = [
                pool.submit(requests.get, artifact, auth=uncached, timeout=60),
                pool.submit(server.post, "runs/create", {"experiment_id": "0"}),
            ]
            time.sleep(0.3)
            for _ in range(2):
                assert within(1, server, "/ready").status_code == 200
                assert within(1, server, "/live").status_code == 200
                writable = within(1.0, server, "/writable")
                assert writable.status_code == 503
        # Once thawed, what waited is answered as if nothing had been.
        assert stuck[0].result().status_code == 401
        assert stuck[1].result().status_code == 200
    wait_writable(server)


def test_a_stopped_database_is_retryable_and_the_instance_comes_back_with_it(
    pg: Postgres, server: Instance
) -> None:
    server.create_run()
    pg.stop()
    try:
        assert_retryable(server.post("runs/create", {"experiment_id": "0"}), "database-unreachable")
        # A login that is not cached must not become a 401.
        answer = requests.get(server.url + "/version", auth=("x", "y" * 12), timeout=10)
        assert_retryable(answer, "database-unreachable")
        artifact = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/0/x"
        answer = requests.get(artifact, auth=("x", "y" * 12), timeout=10)
        assert_retryable(answer, "database-unreachable")
        assert within(1, server, "/writable").status_code == 503
        assert within(1, server, "/ready").status_code == 200
    finally:
        pg.start()
    wait_writable(server)
    assert server.create_run()


def test_96_concurrent_log_batch_calls_with_100_metrics_each_all_succeed(server: Instance) -> None:
    runs = [server.create_run() for _ in range(12)]
    # With a run's name each call holds four connections at once, its most.
    tags = [{"key": "mlflow.runName", "value": "x"}]

    def log(i: int) -> int:
        body = {"run_id": runs[i % len(runs)], "metrics": METRICS, "tags": tags}
        return server.post("runs/log-batch", body, timeout=120).status_code

    with ThreadPoolExecutor(96) as pool:
        assert set(pool.map(log, range(96))) == {200}


@pytest.fixture(scope="module")
def proxy(pg: Postgres) -> Iterator[SeveringProxy]:
    """The way to the database that can fail."""
    made = SeveringProxy(pg.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def small(
    pg: Postgres, proxy: SeveringProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    """An instance behind the proxy: two requests at once, the smallest safe pool."""
    uri = f"postgresql://mlflow_app:{APP_PASSWORD}@127.0.0.1:{proxy.port}/mlflow"
    running = Instance(
        pg, tmp_path_factory.mktemp("small"), INSTANCE="small", DATABASE_URI=uri,
        API_CONCURRENCY=2, POOL_SIZE=8, QUEUE_SECONDS=2,
    )  # fmt: skip
    yield running.wait_ready()
    running.stop()


def test_a_connection_lost_during_commit_is_of_unknown_outcome_and_the_write_is_there(
    pg: Postgres, small: Instance, proxy: SeveringProxy
) -> None:
    small.create_run()  # the login is cached from here on
    before = pg.sql("SELECT count(*) FROM experiments", database="mlflow")[0][0]
    # Reads commit too, so only the experiment's INSERT may arm the fault.
    done = threading.Event()

    def arm() -> None:
        while not done.is_set():
            if pg.sql(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = 'mlflow-small'"
                " AND backend_xid IS NOT NULL"
            ):
                proxy.lose_commit_answers = 1
                return

    # Holds the request between its first INSERT and its COMMIT until the fault is armed.
    table = "LOCK TABLE experiment_tags IN ACCESS EXCLUSIVE MODE"
    with ThreadPoolExecutor(2) as pool, held(pg, table) as lock:
        armed = pool.submit(arm)
        body = {"name": "lost-in-commit", "tags": [{"key": "a", "value": "b"}]}
        request = pool.submit(small.post, "experiments/create", body)
        armed.result(10)
        lock.rollback()
        answer = request.result(20)
        done.set()
    assert answer.status_code == 503
    assert answer.headers["X-MLflow-HA-Outcome"] == "unknown"
    assert "Retry-After" not in answer.headers
    assert proxy.severed == 1
    after = pg.sql("SELECT count(*) FROM experiments", database="mlflow")[0][0]
    assert after == before + 1


def test_a_connection_lost_before_commit_is_retryable_and_the_write_is_not_there(
    pg: Postgres, small: Instance, proxy: SeveringProxy
) -> None:
    small.create_run()
    proxy.lose_before = b"INSERT INTO experiments"
    answer = small.post("experiments/create", {"name": "lost-before-commit"})
    assert_retryable(answer, "connection-lost")
    name = "SELECT count(*) FROM experiments WHERE name = 'lost-before-commit'"
    assert pg.sql(name, database="mlflow")[0][0] == 0


def test_a_terminated_backend_is_retryable(pg: Postgres, small: Instance) -> None:
    run = small.create_run()
    with ThreadPoolExecutor(1) as pool, held(pg, ROWS, [run]):
        request = pool.submit(small.post, "runs/update", {"run_id": run, "status": "FINISHED"})
        terminate = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'mlflow-small' AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 10
        while not pg.sql(terminate):
            assert time.monotonic() < deadline, "the request never waited for the lock"
        assert_retryable(request.result(20), "connection-lost")


def test_a_used_up_pool_is_a_503_and_writable_says_so_within_a_second(
    pg: Postgres, small: Instance
) -> None:
    runs = [small.create_run(), small.create_run()]
    body = {"tags": [{"key": "mlflow.runName", "value": "n"}], "metrics": METRICS[:1]}
    with ThreadPoolExecutor(2) as pool, held(pg, ROWS, runs) as lock:
        deep = [pool.submit(small.post, "runs/log-batch", {"run_id": r, **body}) for r in runs]
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'mlflow-small' AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 10
        while pg.sql(waiting)[0][0] < 2:
            assert time.monotonic() < deadline, "the calls never waited for the rows"
            time.sleep(0.05)
        writable = within(1, small, "/writable")
        assert writable.status_code == 503
        assert "no free connection" in writable.json()["reason"]
        # The artifact lane has slots of its own, so this one gets as far as the pool.
        answer = small.get("/get-artifact", params={"run_uuid": runs[0], "path": "x"})
        assert_retryable(answer, "pool-timeout")
        assert_retryable(small.post("runs/create", {"experiment_id": "0"}), "overloaded")
        lock.rollback()
        assert [d.result(20).status_code for d in deep] == [200, 200]
    wait_writable(small)


def test_sigterm_lets_requests_finish_and_makes_ready_fail_meanwhile(
    pg: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    leaving = Instance(
        pg, tmp_path_factory.mktemp("leaving"), INSTANCE="leaving", DRAIN_NOTICE_SECONDS=1.5
    ).wait_ready()
    run = leaving.create_run()
    with ThreadPoolExecutor(1) as pool, held(pg, ROWS, [run]) as lock:
        update = {"run_id": run, "status": "FINISHED"}
        request = pool.submit(leaving.post, "runs/update", update)
        time.sleep(0.5)
        leaving.process.terminate()
        time.sleep(0.3)
        ready = within(1, leaving, "/ready")
        assert ready.status_code == 503
        assert "draining" in ready.json()["reason"]
        time.sleep(2)
        with pytest.raises(requests.ConnectionError):
            requests.get(leaving.url + "/live", timeout=5)
        lock.rollback()
        assert request.result(20).status_code == 200
    assert leaving.process.wait(15) == 0


def test_sigterm_ends_the_process_although_the_database_is_frozen(
    pg: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    leaving = Instance(
        pg, tmp_path_factory.mktemp("stuck"), INSTANCE="stuck", DRAIN_SECONDS=1
    ).wait_ready()
    leaving.create_run()
    with ThreadPoolExecutor(1) as pool, pg.frozen():
        request = pool.submit(leaving.post, "runs/create", {"experiment_id": "0"})
        time.sleep(0.5)
        leaving.process.terminate()
        assert leaving.process.wait(10) is not None
        assert request.exception(10) is not None or request.result().status_code >= 500


def test_the_access_log_joins_with_the_answer_and_holds_no_secret(server: Instance) -> None:
    answer = server.get(
        "/version", headers={"X-Request-ID": "from-the-balancer-1"}, params={"k": "s3cret"}
    )
    assert answer.headers["X-Request-ID"] == "from-the-balancer-1"
    forged = server.get("/version", headers={"X-Request-ID": 'a"b{}'})
    assert forged.headers["X-Request-ID"] != 'a"b{}'
    server.get("/ready")
    time.sleep(0.2)
    (line,) = [x for x in server.access_lines() if x["request_id"] == "from-the-balancer-1"]
    assert line["status"] == 200
    assert line["user"] == MLFLOW_ADMIN[0]
    assert line["instance"] == "test-1"
    text = server.log.read_text()
    assert "s3cret" not in text
    assert MLFLOW_ADMIN[1] not in text
    assert APP_PASSWORD not in text
    assert '"/ready"' not in text
