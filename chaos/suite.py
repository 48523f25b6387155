"""Run several drills one after another, and keep results and pages as they come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.crews.kind import CrewKind
from chaos.drill import Drill
from chaos.progress import Progress
from chaos.report.excerpts import excerpts
from chaos.report.page import write_index, write_page
from chaos.result import Result
from chaos.runner import ClientFactory, run_drill, stock_client
from chaos.target import Target
from settings import Settings


@dataclass(frozen=True)
class Suite:
    """What drills run against, and where their pages go."""

    target: Target
    settings: Settings
    folder: Path
    threads: int
    progress: Progress
    versions: Mapping[str, str]
    client_factory: ClientFactory = stock_client
    crew_kinds: Sequence[CrewKind] = ()

    def run(self, drills: Sequence[Drill], repeat: int = 1) -> Iterator[Result]:
        """Run each drill `repeat` times; stop after one that was interrupted.

        After each drill its page and the index are on disk, so an aborted suite is readable.
        """
        entries: list[tuple[str, dict[str, Any]]] = []
        for drill in drills:
            for number in range(1, repeat + 1):
                name = drill.name if repeat == 1 else f"{drill.name}-{number:02}"
                result = run_drill(
                    drill,
                    self.target,
                    self.settings,
                    folder=self.folder / name,
                    threads=self.threads,
                    progress=self.progress,
                    versions=self.versions,
                    client_factory=self.client_factory,
                    crew_kinds=self.crew_kinds,
                )
                logged = excerpts(self.target, result.operations)
                write_page(result, self.folder / name, logged)
                found = result.to_json()
                (self.folder / name / "result.json").write_text(json.dumps(found, indent=2))
                entries.append((name, found))
                write_index(entries, self.folder)
                yield result
                if result.interrupted:
                    return


def new_folder(base: Path) -> Path:
    """`base`/<UTC time>, free to be made."""
    return base / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S")
