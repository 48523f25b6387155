"""Proves that a request with a key is carried out once, whatever dies between its two arrivals.

PostgreSQL and both instances are real. One instance is killed while requests stand at chosen
moments of their transaction; what was begun there is asked for again at the other. Left to the
drills: the same through a pooler and a failover.
"""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
import requests
from mlflow_ha_server.idempotency_keys import keyed
from mlflow_ha_server.idempotency_records import (
    LARGEST_BODY,
    LOCK_WAIT_SECONDS,
    RETENTION_DAYS,
    Answer,
    Records,
)
from sqlalchemy import create_engine

from tests.cluster.server import calls
from tests.cluster.server.instance import (
    APP_PASSWORD,
    MLFLOW_ADMIN,
    READER_PASSWORD,
    Instance,
)
from tests.cluster.server.key_proxy import Fate, KeyProxy
from tests.cluster.server.keyed_calls import (
    MORE,
    REPLAY,
    SIX,
    V2,
    Case,
    Kind,
    Request,
    Things,
    made,
    rows,
    things,
    transactions,
)
from tests.cluster.server.killed_instance import ARRIVALS, Past, lived, victim_of
from tests.cluster.server.postgres import Postgres

KEYS = "mlflow_ha.idempotency"


@pytest.fixture(scope="module")
def proxy(pg: Postgres) -> Iterator[KeyProxy]:
    made = KeyProxy(pg.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def both(
    pg: Postgres, proxy: KeyProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Instance, Instance]]:
    """The instance that will be killed and the one that will not; they start side by side."""
    folder = tmp_path_factory.mktemp("instances")
    running = victim_of(pg, proxy, folder), Instance(pg, folder)
    try:
        yield running[0].wait_ready(), running[1].wait_ready()
    finally:
        for one in running:
            one.stop()


@pytest.fixture(scope="module")
def server(both: tuple[Instance, Instance]) -> Instance:
    return both[1]


@pytest.fixture(scope="module")
def given(server: Instance) -> Things:
    return things(server)


@pytest.fixture(scope="module")
def past(both: tuple[Instance, Instance], proxy: KeyProxy, given: Things) -> Past:
    return lived(both[0], proxy, both[1], given)


def replayed(answer: requests.Response) -> bool:
    return answer.headers.get(REPLAY) == "true"


def hashed(key: str | None) -> bytes:
    return keyed(str(key), "", "", "", b"", "", b"").key


def shape(value: Any) -> Any:
    """What an answer says, without what differs from one thing to the next."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    if isinstance(value, list):
        return sorted((shape(v) for v in value), key=repr)
    return type(value)


@pytest.mark.parametrize("kind", [*SIX, *MORE], ids=lambda kind: kind.name)
def test_the_second_arrival_gets_the_first_answer(
    kind: Kind, pg: Postgres, server: Instance, given: Things
) -> None:
    case = kind.new(server, given)
    first, second = case.request.send(server), case.request.send(server)
    assert (first.status_code, replayed(first)) == (200, False), first.text
    assert (second.status_code, replayed(second)) == (200, True)
    assert second.content == first.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert case.count(pg) == 1


def test_the_first_answer_is_given_although_the_thing_has_changed(server: Instance) -> None:
    create = Request(f"{V2}/runs/create", {"experiment_id": "0", "run_name": "before"})
    first = create.send(server)
    change = {"run_id": first.json()["run"]["info"]["run_id"], "run_name": "after"}
    made(server, f"{V2}/runs/update", change)
    assert create.send(server).content == first.content


@pytest.mark.parametrize("kind", SIX, ids=lambda kind: kind.name)
def test_twenty_arrivals_at_once_over_two_instances_make_one_thing(
    kind: Kind, pg: Postgres, past: Past
) -> None:
    case, answers = past.storms[kind.name]
    assert Counter(a.status_code for a in answers) == {200: ARRIVALS}, [a.text for a in answers]
    assert Counter(replayed(a) for a in answers) == {False: 1, True: ARRIVALS - 1}
    assert len({a.content for a in answers}) == 1
    assert case.count(pg) == 1


def assert_made_once(case: Case, pg: Postgres, server: Instance, *, committed: bool) -> bytes:
    """Assert that nothing was half done, and ask again, twice."""
    key = transactions(pg, KEYS, key=hashed(case.request.key))
    # The key and the thing of one transaction, or neither.
    assert (len(key), case.made_by(pg)) == (committed, key)
    second, third = case.request.send(server), case.request.send(server)
    assert (second.status_code, replayed(second)) == (200, committed), second.text
    assert (third.status_code, replayed(third)) == (200, True)
    assert third.content == second.content
    assert case.count(pg) == 1
    return second.content


@pytest.mark.parametrize("kind", SIX, ids=lambda kind: kind.name)
def test_an_instance_killed_before_commit_has_left_neither_thing_nor_key(
    kind: Kind, pg: Postgres, server: Instance, past: Past
) -> None:
    case = past.cases[kind.name, Fate.HELD_BEFORE_COMMIT]
    assert_made_once(case, pg, server, committed=False)


@pytest.mark.parametrize("kind", SIX, ids=lambda kind: kind.name)
def test_an_instance_killed_after_commit_has_left_what_the_answer_is_made_from(
    kind: Kind, pg: Postgres, server: Instance, past: Past, given: Things
) -> None:
    case = past.cases[kind.name, Fate.HELD_AFTER_COMMIT]
    answer = json.loads(assert_made_once(case, pg, server, committed=True))
    assert shape(answer) == shape(kind.new(server, given).request.send(server).json())


@pytest.mark.parametrize("kind", SIX, ids=lambda kind: kind.name)
def test_an_answer_given_but_not_kept_is_made_again_the_same(
    kind: Kind, pg: Postgres, server: Instance, past: Past
) -> None:
    case = past.cases[kind.name, Fate.HELD_BEFORE_KEEP]
    first = past.answers[case.request]
    assert first.status_code == 200
    again = json.loads(assert_made_once(case, pg, server, committed=True))
    assert sorted_lists(again) == sorted_lists(first.json())


def sorted_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: sorted_lists(v) for k, v in value.items()}
    return sorted(map(sorted_lists, value), key=repr) if isinstance(value, list) else value


@pytest.mark.parametrize("kind", [*SIX, *MORE], ids=lambda kind: kind.name)
def test_a_commit_of_unknown_outcome_is_known_to_the_second_arrival(
    kind: Kind, pg: Postgres, server: Instance, past: Past, given: Things
) -> None:
    case = past.cases[kind.name, Fate.COMMIT_REPLY_LOST]
    first = past.answers[case.request]
    assert (first.status_code, first.headers["X-MLflow-HA-Outcome"]) == (503, "unknown")
    answer = json.loads(assert_made_once(case, pg, server, committed=True))
    assert shape(answer) == shape(kind.new(server, given).request.send(server).json())


def test_a_change_whose_commit_was_lost_is_not_refused_as_done_before(
    server: Instance, past: Past
) -> None:
    for name, request in past.changes.items():
        assert past.answers[request].headers["X-MLflow-HA-Outcome"] == "unknown", name
        second = request.send(server)
        assert (second.status_code, replayed(second)) == (200, True), f"{name}: {second.text}"
        unkeyed = Request(request.path, request.body, None, request.method).send(server)
        assert unkeyed.status_code >= 400, f"{name} needs no key: {unkeyed.text}"


def test_what_cannot_be_answered_again_is_refused_and_not_made_twice(
    pg: Postgres, server: Instance, past: Past
) -> None:
    assert past.answers[past.issue].headers["X-MLflow-HA-Outcome"] == "unknown"
    second = past.issue.send(server)
    assert (second.status_code, second.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
    assert str(past.issue.key) in second.json()["message"]
    assert "issues issue_id=" in second.json()["message"]
    assert rows(pg, "issues", name="only") == 1


def test_whose_creator_died_before_the_rights_were_granted_has_them_afterwards(
    server: Instance, past: Past
) -> None:
    change = {"description": "mine", "name": past.grants["registered-model"].body["name"]}
    patch = Request(f"{V2}/registered-models/update", change, None, method="PATCH", who=calls.USER)
    assert patch.send(server).status_code == 403
    assert past.grants["registered-model"].send(server).status_code == 200
    assert patch.send(server).status_code == 200
    answer = past.grants["experiment"].send(server)
    assert answer.status_code == 200
    change = {**answer.json(), "new_name": f"still of {calls.USER[0]}"}
    made(server, f"{V2}/experiments/update", change, who=calls.USER)


def test_another_request_or_another_user_with_the_key_is_refused_and_told_nothing(
    pg: Postgres, server: Instance, given: Things
) -> None:
    # With all rights, so that it is the key that is refused.
    peer = ("peer", "password-of-the-peer")
    made(server, f"{V2}/users/create", {"username": peer[0], "password": peer[1]})
    right = {"username": peer[0], "is_admin": True}
    made(server, f"{V2}/users/update-admin", right, method="PATCH")
    for kind in SIX:
        case = kind.new(server, given)
        first = case.request.send(server)
        other_body = replace(case.request, body={**case.request.body, "user_id": "x"})
        other_path = replace(case.request, path=case.request.path.replace("/api/", "/ajax-api/"))
        other_user = replace(case.request, who=peer)
        for other in (other_body, other_path, other_user):
            answer = other.send(server)
            assert (answer.status_code, replayed(answer)) == (422, False), answer.text
            message = answer.json()["message"]
            assert str(case.request.key) in message
            assert "new key" in message
            assert first.text not in answer.text
            assert case.mark not in answer.text
            assert MLFLOW_ADMIN[0] not in answer.text
        assert case.count(pg) == 1


def test_a_key_that_another_arrival_is_committing_is_waited_for_and_no_longer(
    pg: Postgres, server: Instance, given: Things
) -> None:
    case = SIX[0].new(server, given)
    connection = psycopg2.connect(pg.admin_uri("mlflow"))
    with contextlib.closing(connection):
        connection.cursor().execute(
            "INSERT INTO mlflow_ha.idempotency (key, username, content, made)"
            " VALUES (%s, '', '', '{}')",
            [hashed(case.request.key)],
        )
        began = time.monotonic()
        answer = case.request.send(server)
        took = time.monotonic() - began
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), answer.text
    assert answer.headers["X-MLflow-HA-Failure"] == "key-in-use"
    assert LOCK_WAIT_SECONDS <= took < 5 * LOCK_WAIT_SECONDS
    assert case.count(pg) == 0
    assert not replayed(case.request.send(server))
    assert case.count(pg) == 1


def test_a_version_made_from_a_logged_model_stays_listed_beside_the_others(
    pg: Postgres, server: Instance
) -> None:
    mark = uuid4().hex
    body = {"experiment_id": "0", "name": mark}
    model = made(server, f"{V2}/logged-models", body)["model"]["info"]["model_id"]
    listed = []
    for name in (f"{mark}-1", f"{mark}-2"):
        made(server, f"{V2}/registered-models/create", {"name": name})
        source = {"source": f"models:/{model}", "model_id": model}
        create = Request(f"{V2}/model-versions/create", {"name": name, **source})
        assert create.send(server).status_code == 200
        pg.sql("UPDATE mlflow_ha.idempotency SET status = NULL", database="mlflow")
        again = create.send(server)
        assert (again.status_code, replayed(again)) == (200, True), again.text
        listed.append(name)
        answer = server.get(f"{V2}/logged-models/{model}").json()["model"]
        tags = {t["key"]: t["value"] for t in answer["info"]["tags"]}
        assert [v["name"] for v in json.loads(tags["mlflow.modelVersions"])] == listed


def test_an_answer_too_large_to_be_kept_is_made_again(pg: Postgres, server: Instance) -> None:
    tags = [{"key": f"k{i}", "value": "v" * 5000} for i in range(LARGEST_BODY // 5000 + 1)]
    create = Request(f"{V2}/runs/create", {"experiment_id": "0", "tags": tags})
    first, second = create.send(server), create.send(server)
    assert len(first.content) > LARGEST_BODY
    assert rows(pg, KEYS, key=hashed(create.key), method="create_run") == 1
    assert (
        pg.sql("SELECT max(length(body)) FROM mlflow_ha.idempotency", database="mlflow")[0][0]
        <= LARGEST_BODY
    )
    assert replayed(second)
    assert sorted_lists(second.json()) == sorted_lists(first.json())


def test_a_key_must_keep_to_the_rule(server: Instance) -> None:
    for key in ("short", "k" * 129, "with a space in it"):
        answer = Request(f"{V2}/runs/create", {"experiment_id": "0"}, key).send(server)
        assert answer.status_code == 400
        assert key[:40] in answer.json()["message"]
        assert "16 to 128 characters" in answer.json()["message"]


def test_every_answer_of_mlflow_announces_the_ability_and_none_without_a_key_is_kept(
    pg: Postgres, server: Instance, given: Things
) -> None:
    count = "SELECT count(*) FROM mlflow_ha.idempotency"
    before = pg.sql(count, database="mlflow")
    metric = {"run_id": given.run, "key": "m", "value": 1, "timestamp": 1}
    answers = [
        server.get(f"{V2}/experiments/get", params={"experiment_id": "0"}),
        server.get(f"{V2}/experiments/get", params={"experiment_id": "404404"}),
        requests.get(f"{server.url}{V2}/experiments/get", timeout=10),
        Request(f"{V2}/runs/create", {"experiment_id": "0"}, None).send(server),
        # Harmless twice, and most of what a training sends.
        Request(f"{V2}/runs/log-metric", metric).send(server),
        # Changes nothing.
        Request(f"{V2}/runs/search", {"experiment_ids": ["0"]}).send(server),
    ]
    assert [a.status_code for a in answers] == [200, 404, 401, 200, 200, 200]
    assert {a.headers["X-MLflow-HA-Idempotency"] for a in answers} == {"1"}
    assert pg.sql(count, database="mlflow") == before


def test_a_login_is_checked_before_a_key_is_looked_at(server: Instance, given: Things) -> None:
    case = SIX[0].new(server, given)
    assert case.request.send(server).status_code == 200
    wrong = replace(case.request, who=(MLFLOW_ADMIN[0], "wrong-password-of-admin"))
    assert wrong.send(server).status_code == 401


def test_old_keys_go_in_small_steps_and_faster_than_they_come(pg: Postgres) -> None:
    old = (
        "INSERT INTO mlflow_ha.idempotency (key, username, content, made, at)"
        " SELECT sha256(n::text::bytea), 'old', '', '{{}}', now() - interval '{} days'"
        " FROM generate_series({}, {}) n"
    )
    pg.sql(old.format(RETENTION_DAYS + 1, 1, 300), database="mlflow")
    pg.sql(old.format(RETENTION_DAYS - 1, 301, 310), database="mlflow")
    engine = create_engine(pg.uri("mlflow_app", APP_PASSWORD).replace("://", "+psycopg2://"))
    records = Records(engine)
    left = []
    for _ in range(2):
        for _ in range(64):
            records.keep(b"none", Answer(200, "application/json", b"{}"))
        left.append(rows(pg, KEYS, username="old"))
    engine.dispose()
    assert left == [300 + 10 - 256, 10]


def test_the_reader_may_read_the_keys_and_write_none(pg: Postgres) -> None:
    uri = pg.uri("mlflow_reader", READER_PASSWORD)
    assert pg.sql("SELECT count(*) FROM mlflow_ha.idempotency", uri=uri)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        pg.sql("DELETE FROM mlflow_ha.idempotency", uri=uri)
