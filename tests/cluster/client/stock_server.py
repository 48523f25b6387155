"""MLflow's own server, as it comes, on SQLite: it knows nothing of this package."""

import subprocess
import sys
import time
from pathlib import Path

import requests

from tests.cluster.client.environment import variables
from tests.cluster.server.postgres import free_port

START_SECONDS = 120.0


class StockServer:
    """A running `mlflow server` with one worker."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        with (folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1",
                    "--port", str(self.port), "--workers", "1",
                    "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
                    "--artifacts-destination", str(folder / "artifacts"),
                ],
                env=variables(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"), stdout=log, stderr=log,
            )  # fmt: skip

    def wait_ready(self) -> "StockServer":
        """Return once it answers."""
        until = time.monotonic() + START_SECONDS
        ask = f"{self.uri}/api/2.0/mlflow/experiments/get?experiment_id=0"
        while True:
            try:
                if requests.get(ask, timeout=5).status_code == requests.codes.ok:
                    return self
            except requests.RequestException:
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self._folder / "server.log").read_text()[-3000:])
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
