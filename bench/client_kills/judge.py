"""What a script noted, held against what the server has: each thing once, in order, no other."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.side import Side

_API = "/api/2.0/mlflow"
_ANSWER_SECONDS = 60.0
Thing = tuple[Any, ...]


@dataclass(frozen=True)
class Notes:
    """What a script asked for.

    Attributes:
        done: What MLflow acknowledged.
        begun: What it had begun when it died; that may be there or not.
        settled: Place and last acknowledged value of what later calls change.
        setting: The same of what it had begun.
    """

    done: frozenset[Thing]
    begun: frozenset[Thing]
    settled: dict[str, Any]
    setting: dict[str, Any]

    @classmethod
    def of(cls, path: Path) -> Notes:
        """Read a script's notes; a last line may be torn by its death, or none be there yet."""
        if not path.exists():
            return cls(frozenset(), frozenset(), {}, {})
        lines = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
        done = [line for line in lines if line["state"] == "done"]
        # A call begins after the one before has ended: at most the last one is open.
        begun = lines[-1:] if lines and lines[-1]["state"] == "begun" else []
        return cls(_things(done), _things(begun), dict(_settings(done)), dict(_settings(begun)))


@dataclass(frozen=True)
class Contents:
    """What a server has of an experiment and of the registered model of the same name."""

    things: Counter[Thing] = field(default_factory=Counter)
    places: dict[str, Any] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    """The numbers of the calls that registered a version, by version."""


@dataclass(frozen=True)
class Findings:
    """Every way in which a server differs from what a script was told."""

    lost: list[Thing]
    doubled: list[Thing]
    unasked: list[Thing]
    out_of_order: list[str]

    @property
    def none(self) -> bool:
        return not (self.lost or self.doubled or self.unasked or self.out_of_order)


def compare(notes: Notes, has: Contents) -> Findings:
    """Return what is wrong with the contents of a server, given what was acknowledged."""
    wrong = [
        f"{place}: {has.places.get(place)} instead of {wanted}"
        for place, wanted in notes.settled.items()
        if has.places.get(place) not in (wanted, notes.setting.get(place, wanted))
    ]
    if has.order != sorted(has.order):
        wrong.append(f"versions were made in the order {has.order}")
    return Findings(
        lost=sorted(notes.done - has.things.keys(), key=str),
        doubled=sorted((t for t, count in has.things.items() if count > 1), key=str),
        unasked=sorted(has.things.keys() - notes.done - notes.begun, key=str),
        out_of_order=wrong,
    )


class Reader:
    """Reads a server past any door.

    Args:
        side: The server.
    """

    def __init__(self, side: Side) -> None:
        self._http = httpx.Client(base_url=side.url, auth=side.credentials, timeout=_ANSWER_SECONDS)

    def contents(self, name: str) -> Contents:
        """Return what the server has under a name."""
        has = Contents()
        told = self._found("experiments/get-by-name", experiment_name=name)
        if told:
            has.things["experiment", name] += 1
            self._read_experiment(told["experiment"]["experiment_id"], has)
        told = self._found("registered-models/get", name=name)
        if told:
            has.things["registered model", name] += 1
            self._read_versions(name, told["registered_model"], has)
        return has

    def close(self) -> None:
        self._http.close()

    def _read_experiment(self, ident: str, has: Contents) -> None:
        body = {"experiment_ids": [ident], "max_results": 1000}
        for run in self._post("runs/search", body).get("runs", []):
            self._read_run(run, has)
        for model in self._post("logged-models/search", {"experiment_ids": [ident]}).get(
            "models", []
        ):
            info = model["info"]
            run = _tags(info)["run"]
            has.things["logged model", info["name"], int(run)] += 1
            has.places[f"status of {info['name']}"] = info["status"]

    def _read_run(self, run: dict[str, Any], has: Contents) -> None:
        info, data = run["info"], run["data"]
        tags = _tags(data)
        number = int(tags["number"])
        has.things["run", number] += 1
        has.places[f"status of {number}"] = info["status"]
        has.places[f"tag of {number}"] = tags.get("last")
        for param in data.get("params", []):
            has.things["param", number, param["key"], param["value"]] += 1
        history = self._get("metrics/get-history", run_id=info["run_id"], metric_key="m")
        for metric in history.get("metrics", []):
            has.things["metric", number, int(metric.get("step", 0)), metric["value"]] += 1
        listed = self._get("artifacts/list", run_id=info["run_id"], path="files")
        for file in listed.get("files", []):
            has.things["file", number, file["path"], int(file["file_size"])] += 1

    def _read_versions(self, name: str, model: dict[str, Any], has: Contents) -> None:
        found = self._get("model-versions/search", filter=f"name = '{name}'", max_results=1000)
        numbers = {}
        for version in found.get("model_versions", []):
            tags = _tags(version)
            numbers[int(version["version"])] = int(tags["number"])
            has.things["version", int(tags["number"]), int(tags["run"])] += 1
        has.order.extend(numbers[version] for version in sorted(numbers))
        for alias in model.get("aliases", []):
            has.places["alias"] = numbers[int(alias["version"])]

    def _found(self, call: str, /, **query: Any) -> dict[str, Any] | None:
        answer = self._http.get(f"{_API}/{call}", params=query)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        return dict(answer.json())

    def _get(self, call: str, /, **query: Any) -> dict[str, Any]:
        answer = self._http.get(f"{_API}/{call}", params=query)
        answer.raise_for_status()
        return dict(answer.json())

    def _post(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"{_API}/{call}", json=body)
        answer.raise_for_status()
        return dict(answer.json())


def _things(lines: list[dict[str, Any]]) -> frozenset[Thing]:
    return frozenset(tuple(thing) for line in lines for thing in line["adds"])


def _settings(lines: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(line["sets"][0], line["sets"][1]) for line in lines if line["sets"]]


def _tags(thing: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in thing.get("tags", [])}
