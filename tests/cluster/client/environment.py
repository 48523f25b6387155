"""The client as users have it: its wheel, in an environment of its own, found by its entry points."""

import os
import subprocess
import sys
from pathlib import Path

from bench.client_kills.zygote import LONGEST_SECONDS, Script, Zygote

ROOT = Path(__file__).parents[3]
SCRIPTS = Path(__file__).parent / "scripts"
_WARM = (
    "mlflow", "mlflow.sklearn", "sklearn.linear_model",
    "mlflow.store.artifact.mlflow_artifacts_repo", "mlflow.store.artifact.s3_artifact_repo",
    "mlflow.store.tracking.rest_store",
)  # fmt: skip
_UV = Path(sys.executable).with_name("uv")
SETTLED = {
    "MLFLOW_HA_DEADLINE": "60",
    "MLFLOW_BASE_DELAY": "0.1",
    "MLFLOW_HA_SPOOL_SUCCESSOR_HOURS": "0",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
}


def wheel(folder: Path) -> Path:
    """Build the client's wheel."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT / "client", check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def virtual_environment(folder: Path, *borrowed: Path) -> Path:
    """Make an environment without anything; return its Python.

    Args:
        folder: Where.
        borrowed: Folders of packages that it may use, too.
    """
    subprocess.run(
        [str(_UV), "venv", "-q", "--python", sys.executable, str(folder)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    return folder / "bin" / "python"


def install(python: Path, *what: str) -> None:
    """Install into an environment."""
    subprocess.run(
        [str(_UV), "pip", "install", "-q", "--python", str(python), *what],
        check=True, capture_output=True, timeout=600,
    )  # fmt: skip


def variables(**extra: object) -> dict[str, str]:
    """Return an environment without anything of MLflow's but what a test says."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "_MLFLOW"))}
    return inherited | SETTLED | {k: str(v) for k, v in extra.items()}


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
