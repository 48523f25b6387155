"""Proves that no more requests run at once than there are slots, and who needs one."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow_ha_server.asgi import Receive, Scope, Send
from mlflow_ha_server.slots import Lane, Slots, lane

from tests.unit.server.asgi_double import Reply, answering, call, scope


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/2.0/mlflow/runs/create", Lane.API), ("/graphql", Lane.API), ("/", Lane.API),
        ("/v1/traces", Lane.API), ("/never/heard/of", Lane.API), ("/version", Lane.API),
        ("/api/2.0/mlflow-artifacts/artifacts/1/a", Lane.ARTIFACT), ("/get-artifact", Lane.ARTIFACT),
        ("/model-versions/get-artifact", Lane.ARTIFACT),
        ("/ajax-api/2.0/mlflow/upload-artifact", Lane.ARTIFACT),
        ("/ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files", Lane.ARTIFACT),
        ("/static-files/static/js/main.js", Lane.NONE), ("/health", Lane.NONE),
    ],
)  # fmt: skip
def test_a_path_decides_the_slot_and_an_unknown_one_is_the_apis(path: str, expected: Lane) -> None:
    assert lane(path) is expected


@given(st.integers(1, 5), st.integers(1, 12))
def test_never_more_requests_run_than_there_are_slots(slots: int, requests: int) -> None:
    running = most = 0

    async def app(given: Scope, receive: Receive, send: Send) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        await answering(200)(given, receive, send)

    async def flood() -> list[Reply]:
        wrapped = Slots(app, api=slots, artifact=1, queue_seconds=5)
        return await asyncio.gather(*(call(wrapped) for _ in range(requests)))

    assert {r.status for r in asyncio.run(flood())} == {200}
    assert most == min(slots, requests)


def test_who_waits_too_long_is_told_to_come_again_and_the_slot_is_not_lost() -> None:
    async def story() -> tuple[Reply, Reply, Reply]:
        release = asyncio.Event()

        async def app(given: Scope, receive: Receive, send: Send) -> None:
            await release.wait()
            await answering(200)(given, receive, send)

        wrapped = Slots(app, api=1, artifact=1, queue_seconds=0.02)
        first = asyncio.create_task(call(wrapped))
        await asyncio.sleep(0)
        refused = await call(wrapped)
        release.set()
        return await first, refused, await call(wrapped)

    first, refused, later = asyncio.run(story())
    assert (first.status, refused.status, later.status) == (200, 503, 200)
    assert refused.headers["x-mlflow-ha-failure"] == "overloaded"
    assert refused.headers["retry-after"] == "1"


def test_transfers_take_none_of_the_apis_slots_and_files_take_none() -> None:
    async def story() -> list[int]:
        blocked = asyncio.Event()

        async def app(given: Scope, receive: Receive, send: Send) -> None:
            if "artifact" in given["path"]:
                await blocked.wait()
            await answering(200)(given, receive, send)

        wrapped = Slots(app, api=1, artifact=1, queue_seconds=0.02)
        transfer = asyncio.create_task(call(wrapped, scope("/get-artifact")))
        await asyncio.sleep(0)
        others = [
            await call(wrapped, scope(p)) for p in ("/api", "/static-files/x", "/get-artifact")
        ]
        blocked.set()
        return [r.status for r in (*others, await transfer)]

    assert asyncio.run(story()) == [200, 200, 503, 200]


def test_a_failing_request_gives_its_slot_back() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError

    async def story() -> None:
        wrapped = Slots(app, api=1, artifact=1, queue_seconds=0.02)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await call(wrapped)

    asyncio.run(story())
