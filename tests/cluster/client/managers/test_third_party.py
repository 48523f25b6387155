"""A project that depends on this package alone works in a clean environment, with its wheel.

The environment has the wheel and what it declares: no NumPy, no scikit-learn, nothing borrowed.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import variables
from tests.cluster.client.managers.conftest import in_process, unique
from tests.cluster.client.managers.models import Threshold, logged
from tools.client_environment import install, virtual_environment

PROJECT = Path(__file__).with_name("third_party")


@pytest.fixture(scope="session")
def clean(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the project and what it needs."""
    folder = tmp_path_factory.mktemp("third-party")
    shutil.copytree(PROJECT, folder / "project", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=folder / "project", check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    python = virtual_environment(folder / "venv")
    wheels = [str(built), *map(str, folder.glob("*.whl"))]
    try:
        install(python, "--offline", *wheels)
    except subprocess.CalledProcessError:  # not all is at hand
        install(python, *wheels)
    return python


@pytest.fixture
def run_id(ours: Reached) -> Iterator[str]:
    """A run in which a colleague has logged a model."""
    with in_process(**ours.variables):
        mlflow.set_experiment(unique("colleague"))
        with mlflow.start_run() as run:
            mlflow.log_metric("auc", 0.75)
            logged(Threshold(0.5))
        yield run.info.run_id


def test_it_uses_both_constructors_and_is_told_what_needs_more(
    clean: Path, run_id: str, ours: Reached
) -> None:
    name = unique("churn")
    ended = subprocess.run(
        [str(clean.with_name("churn-project")), name, run_id],
        env=variables(**ours.variables), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["entry"]["model_id"] == told["latest"] == f"{name}-{run_id}"
    assert told["entry"]["metrics"] == {"auc": 0.75}
    assert told["default"] == "hokusai_model_improvements"
    assert [one["run_id"] for one in told["history"]] == [told["noted"]]
    assert told["mock"] is False
    kept, compared = told["refused"]
    assert "needs numpy" in kept
    assert "comparing models needs numpy" in compared
    (version,) = ours.contents.versions(name)
    assert {"key": "metadata", "value": '{"team": "churn"}'} in version["tags"]
    (run,) = ours.contents.runs(f"{name}-training")
    assert run["data"]["metrics"][0]["value"] == 3


def test_nothing_is_there_but_what_the_wheel_declares(clean: Path) -> None:
    look = "import importlib.util as u; print([n for n in ('numpy', 'sklearn') if u.find_spec(n)])"
    ended = subprocess.run(
        [str(clean), "-c", look], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == "[]"
