"""Whatever happens in whatever order, the server ends up with what callers were told, once each.

The server here is a small one that can lose a reply at a chosen moment (little_server.py); real
servers, real kills and real outages are in tests/cluster/client.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mlflow_ha import server as servers
from mlflow_ha.message import Message
from mlflow_ha.settings import MLflowSettings
from mlflow_ha.spool.keeper import Keeper
from mlflow_ha.spool.line import SpoolLine

from tests.unit.client.little_server import LittleServer

API = "/api/2.0/mlflow"


class Line(SpoolLine):
    """A line of one process, whose death can be played."""

    def __init__(self, keeper: Keeper) -> None:
        super().__init__(keeper.sender.uri)
        self.kept = keeper

    @property
    def _keeper(self) -> Keeper:
        return self.kept


class TrainingThroughOutages(RuleBasedStateMachine):
    """Two processes share a spool; each may die at any moment, and another takes its place."""

    keys = True

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="spool-"))
        self.server = LittleServer(keys=self.keys).__enter__()
        self.runs: dict[str, str] = {}
        self.metrics: set[tuple[str, int]] = set()
        self.registered: list[str] = []
        self.count = 0

    @initialize()
    def start(self) -> None:
        servers._servers.clear()
        self.processes = [self.process() for _ in range(2)]

    def process(self) -> Line:
        settings = MLflowSettings(
            spool_dir=self.folder,
            spool_patience=0.02,
            spool_successor_hours=0,
            retry_delay=0.001,
            probe_interval=0.01,
        )
        return Line(Keeper(self.server.uri, settings))

    def call(self, who: int, api: str, path: str, **body: Any) -> dict[str, Any]:
        return self.processes[who].call(Message(api, "POST", f"{API}/{path}", body))

    @rule(who=st.integers(0, 1))
    def create_run(self, who: int) -> None:
        self.count += 1
        name = f"run {self.count}"
        answer = self.call(who, "CreateRun", "runs/create", experiment_id="0", run_name=name)
        self.runs[name] = answer["run"]["info"]["run_id"]

    @precondition(lambda self: self.runs)
    @rule(who=st.integers(0, 1), data=st.data())
    def log_metric(self, who: int, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.runs)))
        self.count += 1
        body = {"run_id": self.runs[name], "key": "m", "value": self.count}
        self.call(who, "LogMetric", "runs/log-metric", **body)
        self.metrics.add((name, self.count))

    @precondition(lambda self: self.runs)
    @rule(who=st.integers(0, 1), data=st.data())
    def register(self, who: int, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.runs)))
        body = {"name": "model", "run_id": self.runs[name]}
        self.call(who, "CreateModelVersion", "model-versions/create", **body)
        self.registered.append(name)

    @rule(fault=st.sampled_from(["503", "lose", "hang-up"]))
    def the_next_request_fails(self, fault: str) -> None:
        self.server.faults.append(fault)

    @rule(down=st.booleans())
    def the_server_goes_or_comes(self, down: bool) -> None:
        self.server.down = down

    @rule(who=st.integers(0, 1))
    def a_process_is_killed_and_another_one_starts(self, who: int) -> None:
        keeper = self.processes[who].kept
        keeper.worker._stopping.set()
        keeper.worker._news.set()
        if keeper.worker._thread:
            keeper.worker._thread.join()
        keeper.abandon()  # what the system does for a dead process
        self.processes[who] = self.process()

    def teardown(self) -> None:
        self.server.down = False
        self.server.faults.clear()
        try:
            for process in self.processes:
                assert process.kept.worker.flush(20), "not flushed"
            self.compare()
        finally:
            for process in self.processes:
                process.kept.close()
            self.server.__exit__()
            shutil.rmtree(self.folder)

    def compare(self) -> None:
        made = {remote: run["name"] for remote, run in self.server.runs.items()}
        assert sorted(made.values()) == sorted(self.runs)
        assert {(made[run], value) for run, _, value in self.server.metrics} == self.metrics
        assert sorted(made[v["run_id"]] for v in self.server.versions) == sorted(self.registered)


class TrainingThroughOutagesOfAStockServer(TrainingThroughOutages):
    """One that does not know keys."""

    keys = False


@pytest.mark.parametrize("machine", [TrainingThroughOutages, TrainingThroughOutagesOfAStockServer])
def test_the_server_ends_up_with_what_callers_were_told_once_each(
    machine: type[RuleBasedStateMachine],
) -> None:
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(max_examples=15, stateful_step_count=25, deadline=None),
    )
