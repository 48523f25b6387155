"""One instance's past: many requests with keys, each stopped at a moment, and then SIGKILL."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import requests

from tests.cluster.server import calls
from tests.cluster.server.instance import APP_PASSWORD, Instance
from tests.cluster.server.key_proxy import Fate, KeyProxy
from tests.cluster.server.keyed_calls import (
    MORE,
    SIX,
    V2,
    V3,
    Case,
    Kind,
    Request,
    Things,
    changes,
)
from tests.cluster.server.postgres import Postgres

ARRIVALS = 20
WITH_ANSWER = (Fate.COMMIT_REPLY_LOST, Fate.HELD_BEFORE_KEEP)
"""Fates after which the instance still answers its client."""


@dataclass(frozen=True)
class Past:
    """What was asked of the instance, and what it answered.

    Attributes:
        storms: things that twenty asked for at once, of this instance and of another.
        cases: things to be made, each with its fate.
        changes: calls whose COMMIT's reply was lost.
        grants: what a user without rights of his own was making.
        issue: a call that cannot be answered again, as cases of it are not foreseen.
        answers: to all of them that were answered.
    """

    storms: Mapping[str, tuple[Case, list[requests.Response]]]
    cases: Mapping[tuple[str, Fate], Case]
    changes: Mapping[str, Request]
    grants: Mapping[str, Request]
    issue: Request
    answers: Mapping[Request, requests.Response]


def victim_of(pg: Postgres, proxy: KeyProxy, folder: Path) -> Instance:
    """Start an instance behind the proxy that takes all the requests at once."""
    uri = f"postgresql://mlflow_app:{APP_PASSWORD}@127.0.0.1:{proxy.port}/mlflow"
    return Instance(
        pg, folder, INSTANCE="victim", DATABASE_URI=uri, API_CONCURRENCY=50, POOL_SIZE=152
    )


def lived(victim: Instance, proxy: KeyProxy, other: Instance, given: Things) -> Past:
    """Run an instance through all of it."""
    calls.make_user(other.url)
    cases = {
        (kind.name, fate): kind.new(other, given)
        for kind, fate in (*product(SIX, Fate), *product(MORE, (Fate.COMMIT_REPLY_LOST,)))
    }
    altered = changes(other)
    grants = {
        name: Request(f"{V2}/{name}s/create", {"name": f"of-{calls.USER[0]}"}, who=calls.USER)
        for name in ("experiment", "registered-model")
    }
    issue = Request(f"{V3}/issues", {"experiment_id": "0", "name": "only", "description": "d"})
    fates = {case.request: fate for (_, fate), case in cases.items()}
    fates |= dict.fromkeys((*altered.values(), issue), Fate.COMMIT_REPLY_LOST)
    fates |= dict.fromkeys(grants.values(), Fate.HELD_AFTER_COMMIT)
    for request, fate in fates.items():
        proxy.decide(str(request.key), fate)
    with ThreadPoolExecutor(64) as pool:
        storms = {kind.name: _storm(pool, kind, given, other, victim) for kind in SIX}
        sent = {request: pool.submit(request.send, victim) for request in fates}
        for fate in Fate:
            proxy.wait(fate, list(fates.values()).count(fate), 10)
        answers = {r: sent[r].result(20) for r, fate in fates.items() if fate in WITH_ANSWER}
        victim.process.kill()
        victim.process.wait(10)
        assert all(sent[r].exception(20) for r, fate in fates.items() if fate not in WITH_ANSWER)
    return Past(storms, cases, altered, grants, issue, answers)


def _storm(
    pool: ThreadPoolExecutor, kind: Kind, given: Things, *servers: Instance
) -> tuple[Case, list[requests.Response]]:
    case = kind.new(servers[0], given)
    begin = threading.Barrier(ARRIVALS)

    def arrive(number: int) -> requests.Response:
        begin.wait(30)
        return case.request.send(servers[number % len(servers)])

    return case, list(pool.map(arrive, range(ARRIVALS)))
