"""Proves what the three questions see: /ready never the database, /writable nothing else."""

import asyncio
import threading
import time

import pytest
from mlflow_ha_server.health import Health, Instance, Probe, live, ready, writable

from tests.unit.server.asgi_double import Reply, answering, call, scope


def probe(outcome: str | None = None, seconds: float = 0.9, *, saturated: bool = False) -> Probe:
    return Probe(lambda: outcome, seconds, lambda: saturated)


def ask(instance: Instance, path: str, used: Probe | None = None, method: str = "GET") -> Reply:
    app = Health(answering(418), instance, used or probe())
    return asyncio.run(call(app, scope(path, method)))


def test_ready_is_a_function_of_the_instance_alone() -> None:
    assert ready(Instance("a")).status == 503
    assert ready(Instance("a", initialised=True)).status == 200
    assert ready(Instance("a", initialised=True, draining=True)).status == 503
    assert live().status == 200


def test_writable_repeats_what_went_wrong() -> None:
    assert writable(None).status == 200
    assert writable("read-only: …").status == 503


@pytest.mark.parametrize("path", ["/live", "/ready", "/writable"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_each_question_is_answered_in_json_that_nobody_may_keep(path: str, method: str) -> None:
    reply = ask(Instance("a", initialised=True), path, method=method)
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["instance"] == "a"


def test_a_broken_database_fails_writable_and_nothing_else() -> None:
    broken = probe("database-unreachable: …")
    instance = Instance("a", initialised=True)
    statuses = {p: ask(instance, p, broken).status for p in ("/live", "/ready", "/writable")}
    assert statuses == {"/live": 200, "/ready": 200, "/writable": 503}


def test_other_methods_are_refused_and_other_paths_passed_on() -> None:
    assert ask(Instance("a"), "/ready", method="POST").status == 405
    assert ask(Instance("a"), "/readyz").status == 418


def test_a_silent_database_is_answered_in_time_with_one_write_in_flight() -> None:
    release = threading.Event()
    writes: list[float] = []

    def hang() -> str | None:
        writes.append(time.monotonic())
        release.wait(5)
        return None

    async def story() -> tuple[list[str | None], float, str | None]:
        used = Probe(hang, 0.05, lambda: False)
        began = time.monotonic()
        asked = await asyncio.gather(*(used.outcome() for _ in range(20)))
        took = time.monotonic() - began
        release.set()
        return list(asked), took, await used.outcome()

    asked, took, after = asyncio.run(story())
    assert all(a is not None and "the database is silent" in a for a in asked)
    assert took < 0.5
    assert len(writes) == 1
    assert after is None


def test_a_used_up_pool_is_named_as_the_reason() -> None:
    async def story() -> str | None:
        return await Probe(lambda: time.sleep(0.2), 0.01, lambda: True).outcome()

    outcome = asyncio.run(story())
    assert outcome is not None
    assert "the pool has no free connection" in outcome


def test_a_write_that_raises_does_not_end_the_probe() -> None:
    answers: list[str | None] = []

    def write() -> str | None:
        if not answers:
            raise OSError
        return None

    async def story() -> None:
        used = Probe(write, 1, lambda: False)
        answers.append(await used.outcome())
        answers.append(await used.outcome())

    asyncio.run(story())
    assert answers == ["OSError", None]
