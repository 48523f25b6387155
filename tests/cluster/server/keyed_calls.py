"""Calls that carry an idempotency key: one for each kind of thing MLflow creates or changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg2
import requests
from psycopg2 import sql

from tests.cluster.server.instance import MLFLOW_ADMIN, Instance
from tests.cluster.server.postgres import Postgres

KEY, REPLAY = "X-MLflow-HA-Idempotency-Key", "X-MLflow-HA-Idempotent-Replay"
V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"
A_TAG = [{"key": "a", "value": "1"}]

Body = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Request:
    """One request, the same however often it is sent."""

    path: str
    body: Body
    key: str | None = field(default_factory=lambda: uuid4().hex)
    method: str = "POST"
    who: tuple[str, str] = MLFLOW_ADMIN

    def send(self, server: Instance) -> requests.Response:
        headers = {KEY: self.key} if self.key else {}
        return requests.request(
            self.method, server.url + self.path, json=self.body, headers=headers, auth=self.who,
            timeout=60,
        )  # fmt: skip


def made(server: Instance, path: str, body: Body, **options: Any) -> Body:
    """Return the answer to a request without a key."""
    answer = Request(path, body, None, **options).send(server)
    assert answer.ok, answer.text
    content: Body = answer.json()
    return content


def transactions(pg: Postgres, table: str, **wanted: object) -> list[str]:
    """Return, for each row of a table with these values, the transaction that left it so."""
    query = sql.SQL("SELECT xmin::text FROM {} WHERE {}").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in wanted),
    )
    connection = psycopg2.connect(pg.admin_uri("mlflow"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, list(wanted.values()))
            return [str(found) for (found,) in cursor.fetchall()]
    finally:
        connection.close()


def rows(pg: Postgres, table: str, **wanted: object) -> int:
    """Count a table's rows with these values."""
    return len(transactions(pg, table, **wanted))


@dataclass(frozen=True)
class Things:
    """One of each, for calls that need some."""

    run: str
    artifacts: str
    experiment: str
    model: str
    registered: str


def things(server: Instance) -> Things:
    """Make one of each."""
    mark = uuid4().hex
    run = made(server, f"{V2}/runs/create", {"experiment_id": "0", "tags": A_TAG})["run"]["info"]
    experiment = made(server, f"{V2}/experiments/create", {"name": mark})["experiment_id"]
    model = made(server, f"{V2}/logged-models", {"experiment_id": "0", "name": mark})
    made(server, f"{V2}/registered-models/create", {"name": mark, "tags": A_TAG})
    source = {"source": f"{run['artifact_uri']}/m", "run_id": run["run_id"]}
    made(server, f"{V2}/model-versions/create", {"name": mark, "tags": A_TAG, **source})
    ident = model["model"]["info"]["model_id"]
    return Things(run["run_id"], run["artifact_uri"], experiment, ident, mark)


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is created.

    Attributes:
        name: as a person calls it.
        path: of the call that creates it.
        body: of the call, for one mark.
        table: where the mark is found once for each thing.
        column: that holds it.
        before: path and body of a call that must have been made first.
    """

    name: str
    path: str
    body: Callable[[str, Things], Body]
    table: str
    column: str = "name"
    before: Callable[[str], tuple[str, Body]] | None = None

    def new(self, server: Instance, given: Things) -> "Case":
        """Return a thing that is to be made."""
        mark = uuid4().hex
        if self.before:
            made(server, *self.before(mark))
        return Case(self, mark, Request(self.path.format(mark=mark), self.body(mark, given)))


@dataclass(frozen=True)
class Case:
    """A thing that is to be made once."""

    kind: Kind
    mark: str
    request: Request

    def made_by(self, pg: Postgres) -> list[str]:
        """Return the transaction of each of it that there is."""
        return transactions(pg, self.kind.table, **{self.kind.column: self.mark})

    def count(self, pg: Postgres) -> int:
        """Return how many of it there are."""
        return len(self.made_by(pg))


def _trace(mark: str, _given: object) -> Body:
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
    info = {"trace_id": f"tr-{mark}", "trace_location": location, "state": "OK"}
    info |= {"request_time": "2026-01-01T00:00:00Z", "tags": {"mark": mark}}
    return {"trace": {"trace_info": info}}


def _version(mark: str, given: Things) -> Body:
    return {"name": mark, "source": f"{given.artifacts}/m", "run_id": given.run, "tags": A_TAG}


def _assessment(mark: str, _given: object) -> Body:
    at = "2026-01-01T00:00:00Z"
    who = {"source_type": "HUMAN", "source_id": "someone"}
    body = {"assessment_name": mark, "trace_id": f"tr-{mark}", "source": who, "create_time": at}
    return {"assessment": {**body, "last_update_time": at, "feedback": {"value": 1}}}


SIX = (
    Kind(
        "run",
        f"{V2}/runs/create",
        lambda mark, _: {"experiment_id": "0", "start_time": 1, "run_name": mark, "tags": A_TAG},
        "runs",
    ),
    Kind(
        "experiment",
        f"{V2}/experiments/create",
        lambda mark, _: {"name": mark, "tags": A_TAG},
        "experiments",
    ),
    Kind(
        "registered model",
        f"{V2}/registered-models/create",
        lambda mark, _: {"name": mark, "description": "d", "tags": A_TAG},
        "registered_models",
    ),
    Kind(
        "model version",
        f"{V2}/model-versions/create",
        _version,
        "model_versions",
        before=lambda mark: (f"{V2}/registered-models/create", {"name": mark}),
    ),
    Kind(
        "logged model",
        f"{V2}/logged-models",
        lambda mark, given: {
            "experiment_id": "0", "name": mark, "source_run_id": given.run, "params": A_TAG,
            "tags": A_TAG,
        },
        "logged_models",
    ),
    Kind("trace", f"{V3}/traces", _trace, "trace_tags", "value"),
)  # fmt: skip

MORE = (
    Kind(
        "trace of version 2",
        f"{V2}/traces",
        lambda mark, _: {
            "experiment_id": "0", "timestamp_ms": 1, "tags": [{"key": "mark", "value": mark}],
        },
        "trace_tags",
        "value",
    ),
    Kind(
        "evaluation dataset",
        f"{V3}/datasets/create",
        lambda mark, _: {"name": mark, "experiment_ids": ["0"]},
        "evaluation_datasets",
    ),
    Kind(
        "assessment",
        f"{V3}/traces/tr-{{mark}}/assessments",
        _assessment,
        "assessments",
        before=lambda mark: (f"{V3}/traces", _trace(mark, None)),
    ),
)  # fmt: skip


def changes(server: Instance) -> dict[str, Request]:
    """Return calls that change things, and that MLflow refuses when they are repeated."""
    one, two, three = (things(server) for _ in range(3))
    made(server, f"{V2}/experiments/delete", {"experiment_id": two.experiment})
    return {
        "log outputs": Request(
            f"{V2}/runs/outputs",
            {"run_id": three.run, "models": [{"model_id": three.model, "step": 0}]},
        ),
        "log a model's parameters": Request(
            f"{V2}/logged-models/{one.model}/params", {"model_id": one.model, "params": A_TAG}
        ),
        "delete a tag": Request(f"{V2}/runs/delete-tag", {"run_id": three.run, "key": "a"}),
        "delete an experiment": Request(
            f"{V2}/experiments/delete", {"experiment_id": one.experiment}
        ),
        "restore an experiment": Request(
            f"{V2}/experiments/restore", {"experiment_id": two.experiment}
        ),
        "rename a model": Request(
            f"{V2}/registered-models/rename",
            {"name": one.registered, "new_name": f"{one.registered}-new"},
        ),
        "delete a model": Request(
            f"{V2}/registered-models/delete", {"name": two.registered}, method="DELETE"
        ),
        "delete a version": Request(
            f"{V2}/model-versions/delete",
            {"name": three.registered, "version": "1"},
            method="DELETE",
        ),
    }
