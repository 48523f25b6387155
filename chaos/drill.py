"""Drills as they are written down: Chaos Toolkit experiments with a verdict extension."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from chaos.crews.passage import REPLIES
from chaos.verdict import Failing, Limits
from settings import Settings

EXPERIMENTS = Path(__file__).parent / "experiments"
ON_AWS = Path(__file__).parent / "targets" / "aws_drills"
"""Drills that have a meaning on AWS alone; evidence and README speak of the others."""


class DrillError(ValueError):
    """A drill that does not exist or is written wrongly; the text says what to do."""


class Terms(BaseModel):
    """The `verdict` extension: what the drill promises, by the names settings use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["verdict"]
    objective: str
    """Settings key of the longest outage allowed."""
    redundancy: str = "objectives.redundancy_restored"
    zero: tuple[Literal["lost", "duplicated"], ...] = ("lost", "duplicated")
    unfinished: Literal["in-flight"] | None = None
    """`in-flight`: one create per writer and one newcomer's may fail or stay in doubt."""
    resume: str | None = None
    """Settings key of the longest time from healing to the first success."""
    must_fail: Failing | None = None
    """For negative controls: the one failing that this drill exists to show."""


@dataclass(frozen=True)
class Drill:
    """One experiment, validated as far as possible without running it."""

    name: str
    experiment: Mapping[str, Any]
    terms: Terms

    @property
    def title(self) -> str:
        return str(self.experiment["title"])

    @property
    def description(self) -> str:
        return " ".join(str(self.experiment["description"]).split())

    @property
    def needs(self) -> list[str]:
        """The faults a target must be able to bring about, such as "kill primary"."""
        faults = [
            activity["provider"]["arguments"]
            for activity in self.experiment["method"]
            if activity["provider"]["func"] in ("inject", "remove_redundancy")
        ]
        return [f"{fault['verb']} {fault['role']}" for fault in faults]

    @property
    def loses_replies(self) -> bool:
        """Whether crews have to enter through a passage."""
        return any(need.endswith(f" {REPLIES}") for need in self.needs)

    def limits(self, settings: Settings, threads: int) -> Limits:
        """The terms as numbers."""
        terms = self.terms
        return Limits(
            outage=resolve(settings, terms.objective),
            redundancy=resolve(settings, terms.redundancy),
            zero=tuple(Failing(name) for name in terms.zero),
            unfinished=threads + 1 if terms.unfinished else None,  # every writer and a newcomer
            resume=resolve(settings, terms.resume) if terms.resume else None,
            registration=settings.objectives.registration_p99,
        )


def names() -> list[str]:
    return sorted(path.stem for path in EXPERIMENTS.glob("*.yaml"))


def load(name: str) -> Drill:
    """Read the drill called `name`.

    Raises:
        DrillError: There is none, or it is written wrongly.
    """
    known = {path.stem: path for folder in (EXPERIMENTS, ON_AWS) for path in folder.glob("*.yaml")}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Choose from: {', '.join(sorted(known))}"
        raise DrillError(f"drill {name!r}: no such drill. {hint}")
    return read(known[name])


def read(path: Path) -> Drill:
    """Read a drill from a file.

    Raises:
        DrillError: It is no experiment with exactly one valid verdict extension.
    """
    experiment = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = [e for e in experiment.get("extensions", []) if e.get("name") == "verdict"]
    if len(found) != 1:
        raise DrillError(
            f"{path}: {len(found)} extensions are called 'verdict', a drill has exactly one. "
            "Add `extensions: [{name: verdict, objective: objectives.…}]`"
        )
    try:
        return Drill(path.stem, experiment, Terms.model_validate(found[0]))
    except ValidationError as error:
        lines = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise DrillError(f"{path}: verdict: {lines}. Mend the extension") from None


def resolve(settings: Settings, key: str) -> float:
    """The number that settings hold under a dotted `key`.

    Raises:
        DrillError: There is no such number.
    """
    value: Any = settings
    for part in key.split("."):
        if not isinstance(value, BaseModel) or part not in type(value).model_fields:
            known = sorted(type(value).model_fields) if isinstance(value, BaseModel) else []
            near = difflib.get_close_matches(part, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Look in settings.py"
            raise DrillError(f"settings key {key!r}: settings have no {part!r}. {hint}")
        value = getattr(value, part)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DrillError(f"settings key {key!r} is {value!r}, a drill needs a number of seconds")
    return float(value)
