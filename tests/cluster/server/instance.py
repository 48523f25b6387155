"""One MLflow instance as a process of its own: `python -m mlflow_ha_server serve`."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from tests.cluster.server.postgres import Postgres, free_port

OWNER_PASSWORD = "owner-password-of-the-test"
APP_PASSWORD = "app-password-of-the-test"
APP_B_PASSWORD = "app-b-password-of-the-test"
READER_PASSWORD = "reader-password-of-the-test"
MLFLOW_ADMIN = ("admin", "mlflow-admin-password-of-the-test")
PREFIX = "MLFLOW_HA_SERVER_"
START_SECONDS = 90.0


def environment(pg: Postgres, **extra: object) -> dict[str, str]:
    """Return what every command needs, over a copy of the process's environment."""
    ours: dict[str, object] = {
        "ADMIN_DATABASE_URI": pg.admin_uri(),
        "OWNER_DATABASE_URI": pg.uri("mlflow_owner", OWNER_PASSWORD),
        "DATABASE_URI": pg.uri("mlflow_app", APP_PASSWORD),
        "OWNER_PASSWORD": OWNER_PASSWORD,
        "APP_PASSWORD": APP_PASSWORD,
        "READER_PASSWORD": READER_PASSWORD,
        "ADMIN_USERNAME": MLFLOW_ADMIN[0],
        "ADMIN_PASSWORD": MLFLOW_ADMIN[1],
        "SECRET_KEY": "secret-key-of-the-test",
        "ARTIFACTS_DESTINATION": "s3://nowhere",
        "ALLOWED_HOSTS": "127.0.0.1:*,localhost:*",
        "INSTANCE": "test-1",
        "API_CONCURRENCY": 8,
        "POOL_SIZE": 26,
        "DRAIN_NOTICE_SECONDS": 0.2,
        "SCHEMA_WAIT_SECONDS": 60,
        **extra,
    }
    inherited = {
        k: v
        for k, v in os.environ.items()
        if k.startswith("MLFLOW_S3") or not k.startswith(("MLFLOW", "_MLFLOW"))
    }
    # No test may reach the real S3; nobody listens on port 9.
    closed = {"MLFLOW_S3_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    return closed | keys | inherited | {PREFIX + k: str(v) for k, v in ours.items()}


def run(command: str, pg: Postgres, **extra: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "mlflow_ha_server", command],
        env=environment(pg, **extra), capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


class Instance:
    """A running `serve`."""

    def __init__(self, pg: Postgres, folder: Path, **extra: object) -> None:
        """Start the process; it is not waited for."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"serve-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow_ha_server", "serve"],
                env=environment(pg, PORT=self.port, **extra), stdout=log, stderr=log,
            )  # fmt: skip
        self.session = requests.Session()
        self.session.auth = MLFLOW_ADMIN

    def wait_ready(self) -> "Instance":
        """Return once /ready answers 200."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/ready", timeout=5).status_code == 200:
                    return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"not ready: {self.log.read_text()[-3000:]}")
            time.sleep(0.1)

    def get(self, path: str, timeout: float = 60, **kwargs: Any) -> requests.Response:
        """Send a GET."""
        return requests.get(self.url + path, auth=MLFLOW_ADMIN, timeout=timeout, **kwargs)

    def post(self, call: str, body: object, timeout: float = 60) -> requests.Response:
        """Call a method of MLflow's API."""
        return requests.post(
            f"{self.url}/api/2.0/mlflow/{call}", json=body, auth=MLFLOW_ADMIN, timeout=timeout
        )

    def create_run(self) -> str:
        """Create a run in experiment 0 and return its id."""
        answer = self.post("runs/create", {"experiment_id": "0", "start_time": 1})
        answer.raise_for_status()
        return str(answer.json()["run"]["info"]["run_id"])

    def access_lines(self) -> list[dict[str, Any]]:
        """Return the access log so far."""
        lines = [json.loads(x) for x in self.log.read_text().splitlines() if x.startswith("{")]
        return [x for x in lines if x["logger"] == "mlflow_ha_server.access"]

    def stop(self) -> int:
        """Tell it to stop; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(10)
