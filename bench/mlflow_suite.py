"""MLflow's own tests of what speaks REST, with stock MLflow and with the client installed.

Their source is the user's: a checkout of MLflow. Tests and their helpers are copied to a folder for
the time of the run, without the package, so that the installed one is tested.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import mlflow_suite_plugin as plugin
from bench.clients import pythons, variables
from bench.mlflow_suite_erasure import Erasure, on_request
from bench.mlflow_suite_outcomes import Outcome, compared, read
from bench.side import BenchError
from local.cluster import attach

Progress = Callable[[str], None]
_LEAD_TO_THE_CLUSTER = (
    "tests/tracking/test_rest_tracking.py",
    "tests/tracking/test_model_registry.py",
)
_SPEAK_REST = (
    *_LEAD_TO_THE_CLUSTER,
    "tests/store/tracking/test_rest_store.py",
    "tests/store/model_registry/test_rest_store.py",
    "tests/store/model_registry/test_rest_store_webhooks.py",
    "tests/store/artifact/test_mlflow_artifact_repo.py",
    "tests/store/artifact/test_http_artifact_repo.py",
    "tests/tracking/test_mlflow_artifacts.py",
    "tests/tracking/test_client_webhooks.py",
    "tests/tracking/_model_registry",
    "tests/tracking/_tracking_service",
)
_ONE_TEST_SECONDS = 120
_RUN_SECONDS = 3600
_LAST_LINES = 15
_RAN = (0, 1)
"""pytest's exit codes where all tests were run: all passed, some failed."""
# Whatever a test would fetch from elsewhere fails at once, for both sides alike.
_NOBODY = "http://127.0.0.1:9"
_HERE = "127.0.0.1,localhost,0.0.0.0,198.18.0.0/15"


@dataclass(frozen=True)
class Place:
    """Where tests are run: their files, and a home that nobody else uses."""

    tests: Path
    home: Path

    def run(self, python: Path, tests: Sequence[str], **environment: str) -> dict[str, Outcome]:
        """Run test files, or single tests; return what each test came to.

        Raises:
            BenchError: pytest could not run them.
        """
        report = self.home / "report.xml"
        said = self.home / "pytest.log"
        with said.open("wb") as log:
            done = subprocess.run(
                [
                    str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", plugin_name(),
                    f"--timeout={_ONE_TEST_SECONDS}", "--no-summary", f"--junitxml={report}", *tests,
                ],
                cwd=self.tests, env=self._variables(python, environment), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, timeout=_RUN_SECONDS, check=False,
            )  # fmt: skip
        if done.returncode not in _RAN:
            lines = said.read_text(encoding="utf-8", errors="replace").splitlines()
            raise BenchError("MLflow's tests could not be run:\n" + "\n".join(lines[-_LAST_LINES:]))
        return read(report)

    def _variables(self, python: Path, environment: Mapping[str, str]) -> dict[str, str]:
        # Tests start `mlflow` and `uv` by their names.
        paths = (python.parent, Path(sys.executable).parent, os.environ["PATH"])
        return variables(
            HOME=str(self.home),
            PATH=os.pathsep.join(map(str, paths)),
            PYTHONPATH=str(self.home),
            MLFLOW_HA_SPOOL_DIR=str(self.home / "spool"),
            HTTP_PROXY=_NOBODY,
            HTTPS_PROXY=_NOBODY,
            NO_PROXY=_HERE,
            **environment,
        )


def plugin_name() -> str:
    return Path(plugin.__file__).stem


def measure(source: Path, progress: Progress) -> dict[str, Any]:
    """Run the tests with and without the client, on a cluster and on servers of their own.

    A test that only fails with the client is run once more, alone, on both sides: some wait for
    something no longer than a busy machine takes.

    Args:
        source: A checkout of MLflow, of the installed version.
        progress: Told each step.

    Raises:
        BenchError: The source is no such checkout, or the cluster is in use.
    """
    revision = _revision(source)
    cluster = attach()
    erasure = Erasure(cluster)
    with tempfile.TemporaryDirectory(prefix="mlflow-ha-suite-") as folder:
        place = _place(source, Path(folder))
        led = {
            plugin.ENDPOINT: _with_login(cluster.client_environment()),
            plugin.ERASURE: str(place.home / "erasure"),
        }
        try:
            sides = dict(zip(("stock MLflow", "the client"), pythons(Path(folder)), strict=True))
            with on_request(erasure, place.home / "erasure"):
                targets = {
                    target: _target(place, sides, files, environment, progress)
                    for target, files, environment in (
                        ("cluster", _LEAD_TO_THE_CLUSTER, led),
                        ("servers of the tests' own", _SPEAK_REST, {}),
                    )
                }
            erasure.erase()
        finally:
            erasure.close()
    worse = sum(len(_still(target)) for target in targets.values())
    return {
        "source": revision,
        "targets": targets,
        "aim": {"fails_where_stock_passes": 0, "measured": worse, "met": worse == 0},
    }


def _target(
    place: Place,
    sides: Mapping[str, Path],
    tests: Sequence[str],
    environment: Mapping[str, str],
    progress: Progress,
) -> dict[str, Any]:
    """Run tests on both sides and compare, and those that fail with the client alone again."""

    def run(what: Sequence[str]) -> dict[str, Any]:
        ran = []
        for name, python in sides.items():
            progress(f"{name}: {', '.join(what)}")
            ran.append(place.run(python, what, **environment))
        found = compared(*ran)
        progress(_said(found))
        return found

    first = run(tests)
    suspects = first["fails_where_stock_passes"]
    again = run(suspects) if suspects else None
    return {"files": list(tests), **first, "again_alone": again}


def _still(target: Mapping[str, Any]) -> list[str]:
    last: Mapping[str, Any] = target["again_alone"] or target
    return list(last["fails_where_stock_passes"])


def _place(source: Path, folder: Path) -> Place:
    place = Place(folder / "source", folder / "home")
    place.home.mkdir()
    shutil.copytree(source / "tests", place.tests / "tests")
    shutil.copy(source / "pyproject.toml", place.tests)
    shutil.copy(plugin.__file__, place.home)
    return place


def _with_login(client: Mapping[str, str]) -> str:
    """Return the cluster's address for tests that know nothing of logging in."""
    login = f"{client['MLFLOW_TRACKING_USERNAME']}:{client['MLFLOW_TRACKING_PASSWORD']}"
    return client["MLFLOW_TRACKING_URI"].replace("://", f"://{login}@")


def _revision(source: Path) -> dict[str, str]:
    """Say what the checkout is.

    Raises:
        BenchError: It is none.
    """
    marker = source / "mlflow" / "version.py"
    missing = [name for name in _SPEAK_REST if not (source / name).exists()]
    if missing or not marker.exists():
        what = missing[0] if missing else "mlflow/version.py"
        raise BenchError(
            f"--source {source}: there is no {what}. Give a checkout of MLflow {version('mlflow')}: "
            f"git clone --depth 1 --branch v{version('mlflow')} https://github.com/mlflow/mlflow"
        )
    found = re.search(r'VERSION = "(.+?)"', marker.read_text(encoding="utf-8"))
    git = ["git", "-C", str(source), "log", "-1", "--format=%H %cs"]
    told = subprocess.run(git, capture_output=True, text=True, check=False).stdout.split()
    commit, date = told or ("unknown", "unknown")
    return {
        "version": found[1] if found else "unknown",
        "commit": commit,
        "date": date,
        "installed": version("mlflow"),
    }


def _said(found: Mapping[str, Any]) -> str:
    return (
        f"stock {found['stock']}, with the client {found['ours']}; fails where stock passes: "
        f"{found['fails_where_stock_passes'] or 'nowhere'}"
    )
