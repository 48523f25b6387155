"""The workflows pass two linters: actionlint for what GitHub would refuse, zizmor for what is unsafe."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: (\./\S+|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def actionlint() -> str:
    return run("tools/install-actionlint").stdout.strip()


def test_actionlint_finds_nothing(actionlint: str) -> None:
    done = run(actionlint, "-no-color", *map(str, WORKFLOWS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    done = run(".venv/bin/zizmor", "--offline", "--no-progress", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_sees_a_job_that_github_would_refuse(actionlint: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(
        "on: push\njobs:\n  one:\n    steps:\n      - run: 'true'\n", encoding="utf-8"
    )
    done = run(actionlint, "-no-color", str(broken))
    assert done.returncode == 1
    assert "runs-on" in done.stdout


def test_zizmor_sees_a_title_that_is_run_as_a_command(tmp_path: Path) -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    unsafe = text.replace("run: make test", "run: echo ${{ github.event.pull_request.title }}")
    assert unsafe != text
    (tmp_path / "unsafe.yml").write_text(unsafe, encoding="utf-8")
    done = run(".venv/bin/zizmor", "--offline", "--no-progress", str(tmp_path / "unsafe.yml"))
    assert "template-injection" in done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_names_its_version(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line:
            assert PINNED.search(line), f"{path.name}: {line.strip()}"
