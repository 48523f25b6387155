"""What a server holds, asked over its REST interface, in a form that two servers can be compared in."""

from collections.abc import Iterator
from typing import Any

import requests

_API = "/api/2.0/mlflow"
_OURS = "mlflow_ha."


class Contents:
    """Reads one server.

    Args:
        uri: Of the server.
        login: User and password.
    """

    def __init__(self, uri: str, login: tuple[str, str] | None = None) -> None:
        self.uri = uri
        self._session = requests.Session()
        self._session.auth = login

    def get(self, where: str, **parameters: Any) -> dict[str, Any]:
        answer = self._session.get(self.uri + where, params=parameters, timeout=60)
        answer.raise_for_status()
        return dict(answer.json())

    def post(self, path: str, body: object) -> dict[str, Any]:
        answer = self._session.post(self.uri + path, json=body, timeout=60)
        answer.raise_for_status()
        return dict(answer.json())

    def experiment(self, name: str) -> str:
        """Return the id of an experiment."""
        found = self.get(f"{_API}/experiments/get-by-name", experiment_name=name)
        return str(found["experiment"]["experiment_id"])

    def runs(self, experiment: str) -> list[dict[str, Any]]:
        """Return the runs of an experiment, as the server has them."""
        body = {"experiment_ids": [self.experiment(experiment)], "max_results": 5000}
        return list(self.post(f"{_API}/runs/search", body).get("runs", []))

    def run(self, experiment: str, name: str) -> dict[str, Any]:
        """Return the one run of that name."""
        found = [run for run in self.runs(experiment) if run["info"]["run_name"] == name]
        assert len(found) == 1, f"{len(found)} runs are called {name}"
        return found[0]

    def history(self, run_id: str, key: str) -> list[dict[str, Any]]:
        """Return every value of a metric."""
        told = self.get(f"{_API}/metrics/get-history", run_id=run_id, metric_key=key)
        return list(told.get("metrics", []))

    def models(self, experiment: str) -> list[dict[str, Any]]:
        body = {"experiment_ids": [self.experiment(experiment)]}
        return list(self.post(f"{_API}/logged-models/search", body).get("models", []))

    def versions(self, model: str) -> list[dict[str, Any]]:
        told = self.get(f"{_API}/model-versions/search", filter=f"name = '{model}'")
        return list(told.get("model_versions", []))

    def aliases(self, model: str) -> dict[str, str]:
        told = self.get(f"{_API}/registered-models/get", name=model)["registered_model"]
        return {alias["alias"]: alias["version"] for alias in told.get("aliases", [])}

    def traces(self, experiment: str) -> list[dict[str, Any]]:
        place = {"type": "MLFLOW_EXPERIMENT"}
        place["mlflow_experiment"] = {"experiment_id": self.experiment(experiment)}  # type: ignore[assignment]  # of two kinds
        told = self.post("/api/3.0/mlflow/traces/search", {"locations": [place]})
        return list(told.get("traces", []))

    def spans(self, trace_id: str) -> list[dict[str, Any]]:
        told = self.get("/api/3.0/mlflow/traces/get", trace_id=trace_id)
        return list(told["trace"].get("spans", []))

    def files(self, root: str) -> dict[str, bytes]:
        """Return every file below an artifact root."""
        below = root.removeprefix("mlflow-artifacts:/")
        return {path.removeprefix(f"{below}/"): self._file(path) for path in self._paths(below)}

    def _paths(self, folder: str) -> Iterator[str]:
        listed = self.get("/api/2.0/mlflow-artifacts/artifacts", path=folder)
        for found in listed.get("files", []):
            path = f"{folder}/{found['path']}"
            if found.get("is_dir"):
                yield from self._paths(path)
            else:
                yield path

    def _file(self, path: str) -> bytes:
        place = f"{self.uri}/api/2.0/mlflow-artifacts/artifacts/{path}"
        answer = self._session.get(place, timeout=60)
        answer.raise_for_status()
        return answer.content


def plain(run: dict[str, Any]) -> dict[str, Any]:
    """Return what a script told of a run, without ids, moments and what this package adds."""
    data = run.get("data", {})
    return {
        "name": run["info"]["run_name"],
        "status": run["info"]["status"],
        "params": {p["key"]: p["value"] for p in data.get("params", [])},
        "metrics": {(m["key"], m.get("step", 0)): m["value"] for m in data.get("metrics", [])},
        "tags": {
            t["key"]: t["value"]
            for t in data.get("tags", [])
            if not t["key"].startswith((_OURS, "mlflow."))
        },
    }
