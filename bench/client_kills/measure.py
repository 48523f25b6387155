"""At least so many kills, half of them in training and half in replay, and what they came to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.client_kills.points import MODULES, Killer, Trial
from bench.client_kills.zygote import Ended, Zygote
from bench.clients import pythons, variables
from bench.side import BenchError, Side

Progress = Callable[[str], None]


def measure(side: Side, points: int, seed: str, progress: Progress) -> dict[str, Any]:
    """Kill until enough kills have met a living process; return every outcome.

    Args:
        side: The server.
        points: Kills, half in training and half in replay.
        seed: Of all that is random here.
        progress: Told now and then.

    Raises:
        BenchError: A script failed without being killed.
    """
    with _client() as zygote, tempfile.TemporaryDirectory(prefix="mlflow-ha-kills-") as folder:
        killer = Killer(zygote, side, Path(folder), seed)
        try:
            trials = [killer.measure_ranges()]
            phases = (("training", killer.kill_training), ("replay", killer.kill_replay))
            for phase, kill in phases:
                trials += _until_enough(phase, kill, points // 2, progress)
        except (Ended, RuntimeError, TimeoutError) as error:
            raise BenchError(str(error)) from error
        finally:
            killer.close()
        ranges = {"training": asdict(killer.training), "replay": asdict(killer.replay)}
    return {"seed": seed, "unharmed": ranges, **summary(trials, points)}


def summary(trials: list[Trial], points: int) -> dict[str, Any]:
    """Return what the trials came to, with each of them."""
    kills = {
        phase: sum(len(trial.kills) for trial in trials if trial.phase == phase)
        for phase in ("training", "replay")
    }
    counts = {
        name: sum(len(getattr(trial.findings, name)) for trial in trials)
        for name in ("lost", "doubled", "unasked", "out_of_order")
    }
    right = all(trial.right for trial in trials)
    return {
        "kills": kills,
        "scripts": len(trials),
        "acknowledged": sum(trial.acknowledged for trial in trials),
        **counts,
        "aim": {"kills_at_least": points, "met": right and sum(kills.values()) >= points},
        "wrong": [asdict(trial) for trial in trials if not trial.right],
        "trials": [
            [trial.phase, trial.weather, trial.kills, trial.acknowledged] for trial in trials
        ],
    }


def _until_enough(
    phase: str, kill: Callable[[int], Trial], points: int, progress: Progress
) -> Iterator[Trial]:
    done = number = 0
    while done < points:
        trial = kill(number)
        yield trial
        done += len(trial.kills)
        number += 1
        if not trial.right:
            progress(f"{trial.seed}: {trial.unsent} {trial.findings}")
        if number % 10 == 0:
            progress(f"{phase}: {done} of {points} kills")


@contextmanager
def _client() -> Iterator[Zygote]:
    """An interpreter that has the client, as users install it."""
    with tempfile.TemporaryDirectory(prefix="mlflow-ha-client-") as name:
        folder = Path(name)
        _, python = pythons(folder)
        zygote = Zygote(python, folder, variables(), MODULES)
        try:
            yield zygote
        finally:
            zygote.stop()
