"""The client as users have it: its wheel, in an environment of its own, found by its entry points."""

import subprocess
from pathlib import Path

from bench import clients
from bench.client_kills.zygote import LONGEST_SECONDS, Script, Zygote

SCRIPTS = Path(__file__).parent / "scripts"
_WARM = (
    "mlflow", "mlflow.sklearn", "sklearn.linear_model",
    "mlflow.store.artifact.mlflow_artifacts_repo", "mlflow.store.artifact.s3_artifact_repo",
    "mlflow.store.tracking.rest_store",
)  # fmt: skip
SETTLED = {
    "MLFLOW_HA_DEADLINE": "60",
    "MLFLOW_BASE_DELAY": "0.1",
    "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "0",
    "PYTHONWARNINGS": "ignore",
}


def variables(**extra: object) -> dict[str, str]:
    """Return an environment without anything of MLflow's but what a test says."""
    return clients.variables(**SETTLED | {k: str(v) for k, v in extra.items()})


class Ready(Zygote):
    """Runs the scripts of this folder.

    Importing MLflow and scikit-learn takes seconds; a test needs many processes.
    """

    def __init__(self, python: Path, folder: Path) -> None:
        super().__init__(python, folder, variables(), _WARM)

    def start(self, script: str, *arguments: object, **environment: object) -> Script:
        """Begin a script of `scripts`, with these variables besides those of `variables`."""
        return self.run_path(SCRIPTS / f"{script}.py", *arguments, environment=environment)

    def run(self, script: str, *arguments: object, **environment: object) -> str:
        """Run a script to its end; return what it printed.

        Raises:
            Ended: It failed.
        """
        return self.start(script, *arguments, **environment).succeeded()

    def command(self, *arguments: str, **environment: object) -> subprocess.CompletedProcess[str]:
        """Run `mlflow-ha`."""
        return subprocess.run(
            [str(self.python.with_name("mlflow-ha")), *arguments],
            env=variables(**environment),
            capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False,
        )  # fmt: skip
