"""Run one drill from its YAML to its verdict."""

from __future__ import annotations

import copy
import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from chaoslib.experiment import run_experiment
from chaoslib.run import RunEventHandler

from chaos import context, timeline
from chaos.actions import stop_writers
from chaos.clock import Clock
from chaos.context import DrillRun
from chaos.crews.books import CrewBooks
from chaos.crews.crews import Crews
from chaos.crews.kind import CrewKind
from chaos.crews.passage import Passage, open_passage
from chaos.drill import Drill
from chaos.journal import mishaps
from chaos.ledger.client import Client, ServiceSilent
from chaos.ledger.history import History
from chaos.ledger.judge import Account, reconcile
from chaos.ledger.rest import RestClient
from chaos.ledger.writers import Writers, WritersStuck
from chaos.measurement import Observed, measure
from chaos.progress import Progress
from chaos.result import Result
from chaos.target import FrontDoor, Target
from chaos.verdict import judge, skipped
from settings import Settings

ROLLBACKS = {"runtime": {"rollbacks": {"strategy": "always"}}}
"""chaoslib's default leaves the fault in place when a run was interrupted."""

ClientFactory = Callable[[FrontDoor, str, int], Client]


def stock_client(door: FrontDoor, prefix: str, threads: int) -> Client:
    return RestClient(door, prefix=prefix, threads=threads)


def run_drill(
    drill: Drill,
    target: Target,
    settings: Settings,
    *,
    folder: Path,
    threads: int,
    progress: Progress,
    versions: Mapping[str, str],
    client_factory: ClientFactory = stock_client,
    crew_kinds: Sequence[CrewKind] = (),
) -> Result:
    """Run `drill` and judge it.

    Args:
        drill: What to do.
        target: To whom.
        settings: Where the objectives come from.
        folder: Made for this drill; receives history, journal and log.
        threads: How many writers run.
        progress: Told what happens.
        versions: Kept in the result.
        client_factory: Makes the client that the writers use.
        crew_kinds: Which training clients work beside them.
    """
    folder.mkdir(parents=True)
    clock = Clock()
    prefix = f"drill-{clock.iso_at(clock.monotonic)[:19].replace(':', '')}-{secrets.token_hex(3)}"
    door = target.front_door()
    client = client_factory(door, prefix, threads)
    with History(folder / "history.jsonl") as history, _way_of_crews(drill, door) as passage:
        crews = Crews(
            crew_kinds,
            door if passage is None else passage.door,
            prefix=prefix,
            folder=folder / "crews",
        )
        run = DrillRun(
            target=target,
            settings=settings,
            limits=drill.limits(settings, threads),
            clock=clock,
            client=client,
            history=history,
            writers=Writers(client, history, clock, threads=threads),
            crews=crews,
            passage=passage,
            progress=progress,
        )
        try:
            with context.running(run), _log_into(folder / "chaostoolkit.log"):
                journal = _play(drill, run)
                account, worked, problems = _settle(run, mishaps(journal))
        finally:
            crews.close()
            client.close()
    (folder / "journal.json").write_text(json.dumps(journal, indent=2, default=str))
    seen = Observed(history.operations(), tuple(run.marks), clock.now(), account, problems, worked)
    measured = measure(seen)
    return Result(
        drill=drill,
        target=target.name,
        limits=run.limits,
        judgement=skipped(run.impossible) if run.impossible else judge(run.limits, measured),
        measured=measured,
        seen=seen,
        clock=clock,
        prefix=prefix,
        versions=versions,
        settings=settings.model_dump(mode="json"),
        interrupted=journal["status"] == "interrupted",
    )


def _play(drill: Drill, run: DrillRun) -> dict[str, Any]:
    journal: dict[str, Any] = run_experiment(
        copy.deepcopy(dict(drill.experiment)),  # chaoslib writes into it
        settings=ROLLBACKS,
        event_handlers=[StopAtFirstFailure(run)],
    )
    return journal


def _way_of_crews(drill: Drill, door: FrontDoor) -> AbstractContextManager[Passage | None]:
    return open_passage(door) if drill.loses_replies else nullcontext()


def _settle(
    run: DrillRun, problems: list[str]
) -> tuple[Account | None, list[CrewBooks], list[str]]:
    """Read everything back; nobody writes any more."""
    try:
        stop_writers()  # unless the rollback did: a second Ctrl-C skips rollbacks
        run.tell("waiting for the crews' last calls")
        run.crews.end()
        run.tell("reading everything back")
        worked = run.crews.books()
        problems = [*problems, *run.crews.troubles()]
        present = run.client.read_back()
    except (WritersStuck, ServiceSilent) as error:
        return None, [], [*problems, str(error)]
    run.mark(timeline.READ_BACK, f"{present.total()} found")
    if run.faults:
        left = ", ".join(fault.description for fault in run.faults)
        problems = [*problems, f"still in place: {left}. Heal it by hand, then look at the target"]
    return reconcile(run.history.operations(), present), worked, problems


class StopAtFirstFailure(RunEventHandler):  # type: ignore[misc]  # chaoslib is not typed
    """chaoslib goes on after a failed activity; a drill whose fault missed must not."""

    def __init__(self, run: DrillRun) -> None:
        self._run = run
        self._journal: dict[str, Any] = {}
        self._in_method = False

    def started(self, _experiment: Any, journal: dict[str, Any]) -> None:
        self._journal = journal

    def start_method(self, _experiment: Any) -> None:
        self._in_method = True

    def method_completed(self, _experiment: Any, _state: Any = None) -> None:
        self._in_method = False

    def start_activity(self, activity: Mapping[str, Any]) -> None:
        self._run.tell(str(activity["name"]))

    def activity_completed(self, _activity: Mapping[str, Any], run: Mapping[str, Any]) -> None:
        if self._in_method and run["status"] == "failed":
            self._journal["status"] = "aborted"


@contextmanager
def _log_into(path: Path) -> Iterator[None]:
    """Keep what libraries log beside the result instead of between the progress lines."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("chaostoolkit", "stamina")]
    before = [(logger, logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, level, propagate in before:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate
        handler.close()
