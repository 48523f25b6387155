"""What a repetition is answered, whatever became of the arrivals before it.

MLflow and the table are doubles here; tests/cluster/server/test_idempotency.py has the real ones.
"""

import asyncio
import json
from dataclasses import replace
from enum import Enum, auto
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow_ha_server import idempotency, idempotency_claim
from mlflow_ha_server.asgi import Message, Receive, Scope, Send, send_json
from mlflow_ha_server.idempotency import Idempotency
from mlflow_ha_server.idempotency_claim import Claim, State
from mlflow_ha_server.idempotency_records import LARGEST_BODY, Answer, Record

from tests.unit.server.asgi_double import Reply, answering, scope

KEY = "a-key-long-enough"
PATH = "/api/2.0/mlflow/runs/create"
REPLAY, ABILITY = "x-mlflow-ha-idempotent-replay", "x-mlflow-ha-idempotency"


class Life(Enum):
    """What becomes of an instance while it serves one arrival."""

    DIES_BEFORE_COMMIT = auto()
    DIES_AFTER_COMMIT = auto()
    DIES_AFTER_ANSWER = auto()
    LIVES = auto()


class DiedError(Exception):
    """The process is no more."""


class Table:
    """The table in memory."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Record] = {}
        self.asked = 0
        self.keeps = True

    def find(self, key: bytes) -> Record | None:
        self.asked += 1
        return self.rows.get(key)

    def keep(self, key: bytes, answer: Answer) -> None:
        if not self.keeps:
            raise DiedError
        if self.rows[key].answer is None:
            self.rows[key] = replace(self.rows[key], answer=answer)


class Mlflow:
    """Makes a numbered thing for each request, in one transaction with the key's row."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.made = 0
        self.life = Life.LIVES
        self.bodies: list[bytes] = []

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append((await receive())["body"])
        claim = idempotency_claim.current()
        assert claim is not None
        await send_json(send, 200, {"made": self._number(claim)})

    def _number(self, claim: Claim) -> int:
        request = claim.request
        if claim.first:
            return int(claim.first.made["things"]["id"])
        if request.key in self.table.rows:
            claim.state = State.TAKEN
            raise RuntimeError("as MLflow's 409, only ruder")
        if self.life is Life.DIES_BEFORE_COMMIT:
            raise DiedError
        self.made += 1
        made = {"things": {"id": str(self.made)}}
        self.table.rows[request.key] = Record(
            request.user, request.content, "create", made, None, age=9
        )
        claim.state = State.CARRIED
        if self.life is Life.DIES_AFTER_COMMIT:
            raise DiedError
        self.table.keeps = self.life is not Life.DIES_AFTER_ANSWER
        return self.made


async def call(
    app: Idempotency, body: object = None, *, key: str = KEY, login: str = "", path: str = PATH
) -> Reply:
    reply = Reply()
    chunks = [json.dumps(body).encode()]

    async def receive() -> Message:
        return {"type": "http.request", "body": chunks.pop(), "more_body": False}

    async def send(message: Message) -> None:
        reply.messages.append(message)

    headers = {"x_mlflow_ha_idempotency_key": key} | ({"authorization": login} if login else {})
    await app(scope(path, "POST", **headers), receive, send)
    return reply


@given(st.lists(st.sampled_from(Life), min_size=1, max_size=6))
def test_one_thing_is_made_and_one_answer_given_whatever_dies(lives: list[Life]) -> None:
    table = Table()
    mlflow = Mlflow(table)
    answers: list[Reply] = []
    for life in (*lives, Life.LIVES):
        mlflow.life, table.keeps = life, True
        reply = Reply()
        try:
            reply = asyncio.run(call(Idempotency(mlflow, table)))
        except DiedError:
            continue
        answers.append(reply)
    assert mlflow.made == 1
    assert {(a.status, a.body) for a in answers} == {(200, b'{"made": 1}')}
    assert [a.headers.get(REPLAY) for a in answers[1:]] == ["true"] * (len(answers) - 1)


async def test_an_answer_made_again_is_kept_and_made_no_third_time() -> None:
    table = Table()
    mlflow = Mlflow(table)
    mlflow.life = Life.DIES_AFTER_COMMIT
    with pytest.raises(DiedError):
        await call(Idempotency(mlflow, table), {"a": 1})
    for _ in range(2):
        reply = await call(Idempotency(mlflow, table), {"a": 1})
        assert (reply.json, reply.headers[REPLAY]) == ({"made": 1}, "true")
    # The first, the second that found the key taken and then ran again, the third.
    assert mlflow.bodies == [b'{"a": 1}'] * 4
    (row,) = table.rows.values()
    assert row.answer == Answer(200, "application/json", b'{"made": 1}')


async def test_another_request_with_the_key_is_refused_with_value_rule_and_remedy() -> None:
    table = Table()
    app = Idempotency(Mlflow(table), table)
    await call(app, {"a": 1})
    for reply in (await call(app, {"a": 2}), await call(app, {"a": 1}, login="Basic eDp5")):
        assert (reply.status, REPLAY in reply.headers) == (422, False)
        for part in (KEY, "one request of one user", "send this request with a new key"):
            assert part in reply.json["message"]
    assert (await call(app, {"a": 1})).status == 200


@pytest.mark.parametrize("key", ["short", "k" * 129, "with a space in it", "ümlaute-sind-keine"])
async def test_a_key_that_breaks_the_rule_is_refused_before_anything_is_done(key: str) -> None:
    mlflow = Mlflow(Table())
    reply = await call(Idempotency(mlflow, mlflow.table), key=key)
    assert (reply.status, mlflow.bodies) == (400, [])
    assert "16 to 128 characters" in reply.json["message"]


async def test_a_first_arrival_that_is_still_committing_is_told_of_in_a_503() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        claim = idempotency_claim.current()
        assert claim is not None
        claim.state = State.BUSY
        await send_json(send, 409, {})

    reply = await call(Idempotency(app, Table()))
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert reply.headers["x-mlflow-ha-failure"] == "key-in-use"
    assert "Nothing was changed" in reply.json["message"]


def refusing(status: int) -> Any:
    return answering(status, b"as", b" it is")


async def test_an_error_is_passed_on_unchanged_if_no_earlier_arrival_did_anything() -> None:
    table = Table()
    reply = await call(Idempotency(refusing(400), table))
    assert (reply.status, reply.body, table.asked) == (400, b"as it is", 1)


async def test_a_name_that_is_taken_by_the_first_arrival_is_no_error() -> None:
    table = Table()
    await call(Idempotency(Mlflow(table), table))
    reply = await call(Idempotency(refusing(400), table))
    assert (reply.status, reply.json) == (200, {"made": 1})


@pytest.mark.parametrize("status", [401, 403])
async def test_who_is_not_allowed_gets_no_answer_of_an_earlier_arrival(status: int) -> None:
    table = Table()
    await call(Idempotency(Mlflow(table), table))
    asked = table.asked
    reply = await call(Idempotency(refusing(status), table))
    assert (reply.status, reply.body, table.asked) == (status, b"as it is", asked)


async def test_the_repetition_waits_for_an_answer_that_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idempotency, "_POLL_SECONDS", 0)
    table = Table()
    await call(Idempotency(Mlflow(table), table))
    ((key, row),) = table.rows.items()
    ages = iter([0.1, 0.2])

    class Slow(Table):
        def find(self, key: bytes) -> Record | None:
            age = next(ages, None)
            return table.rows[key] if age is None else replace(row, answer=None, age=age)

    slow = Slow()
    slow.rows = table.rows
    reply = await call(Idempotency(Mlflow(slow), slow))
    assert (reply.json, reply.headers[REPLAY]) == ({"made": 1}, "true")
    assert list(ages) == []
    assert key in table.rows


async def test_what_would_be_made_a_second_time_is_refused_with_what_there_is() -> None:
    table = Table()
    mlflow = Mlflow(table)
    mlflow.life = Life.DIES_AFTER_COMMIT
    with pytest.raises(DiedError):
        await call(Idempotency(mlflow, table))

    async def app(given: Scope, receive: Receive, send: Send) -> None:
        claim = idempotency_claim.current()
        assert claim is not None
        if claim.first is None:
            await mlflow(given, receive, send)
        claim.state = State.SECOND
        await send_json(send, 200, {"made": 2})

    reply = await call(Idempotency(app, table))
    assert reply.status == 409
    assert "things id=1" in reply.json["message"]


async def test_an_answer_larger_than_the_bound_is_passed_on_and_not_kept() -> None:
    table = Table()
    mlflow = Mlflow(table)

    async def app(given: Scope, receive: Receive, send: Send) -> None:
        async def dropped(_message: Message) -> None:
            return

        await mlflow(given, receive, dropped)
        await answering(200, b"x" * LARGEST_BODY, b"y")(given, receive, send)

    reply = await call(Idempotency(app, table))
    assert len(reply.body) == LARGEST_BODY + 1
    (row,) = table.rows.values()
    assert row.answer is None


async def test_an_error_after_the_commit_is_not_kept_as_the_answer() -> None:
    table = Table()
    mlflow = Mlflow(table)

    async def app(given: Scope, receive: Receive, send: Send) -> None:
        async def dropped(_message: Message) -> None:
            return

        await mlflow(given, receive, dropped)
        await answering(500, b"the rights could not be granted")(given, receive, send)

    assert (await call(Idempotency(app, table))).status == 500
    assert (await call(Idempotency(mlflow, table))).json == {"made": 1}


async def test_every_answer_announces_the_ability_and_without_a_key_nothing_is_asked() -> None:
    table = Table()
    app = Idempotency(answering(200, b"x"), table)
    reply = Reply()

    async def send(message: Message) -> None:
        reply.messages.append(message)

    async def receive() -> Message:
        raise AssertionError("the body is MLflow's to read")

    await app(scope(PATH, "POST"), receive, send)
    assert (reply.status, reply.headers, reply.body) == (200, {ABILITY: "1"}, b"x")
    assert table.asked == 0


async def test_a_client_that_left_while_it_sent_starts_nothing() -> None:
    mlflow = Mlflow(Table())

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        raise AssertionError("nobody is there")

    given = scope(PATH, "POST", x_mlflow_ha_idempotency_key=KEY)
    await Idempotency(mlflow, mlflow.table)(given, receive, send)
    assert mlflow.bodies == []
