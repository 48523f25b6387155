"""`tools/install-pulumi` uses a good Pulumi, passes over an old one, and says what it lacks."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tools.engine.command import INSTALLER, ROOT

PINNED = re.search(
    r"^require github.com/pulumi/pulumi/pkg/v3 v([\d.]+)$",
    (ROOT / "tools/pulumi/command-line/go.mod").read_text(encoding="utf-8"),
    re.MULTILINE,
)
NO_GO = "/usr/bin:/bin"  # where a distribution's own tools are, without a Go of /usr/local


def install(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [INSTALLER], env=os.environ | environment, capture_output=True, text=True, check=False
    )


def fake(folder: Path, version: str) -> str:
    """Put a `pulumi` first on PATH that says it is of this version."""
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.parametrize("version", ["v3.259.0", "v3.260.1", "v3.1000.0"])
def test_a_pulumi_on_path_that_is_new_enough_is_used(version: str, tmp_path: Path) -> None:
    assert install(PATH=fake(tmp_path, version)).stdout == f"{tmp_path}\n"


@pytest.mark.parametrize("version", ["v3.99.0", "v2.300.0", "broken"])
def test_an_older_one_is_passed_over_and_named(version: str, tmp_path: Path) -> None:
    done = install(PATH=fake(tmp_path, version))
    assert done.returncode == 0
    assert done.stdout != f"{tmp_path}\n"
    assert f"is {version}, but the program needs" in done.stderr


def test_the_one_that_is_built_says_the_pinned_version() -> None:
    assert PINNED
    folder = install(PULUMI_FROM_SOURCE="1").stdout.strip()
    said = subprocess.run(
        [f"{folder}/pulumi", "version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == f"v{PINNED[1]}"


def test_the_pinned_version_is_that_of_the_python_library() -> None:
    assert PINNED
    assert f"\npulumi=={PINNED[1]} " in (ROOT / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("go", "said"),
    [
        (None, "Go is missing here"),
        ("echo go version go1.19.8 linux/amd64", "Go is 1.19.8 here"),
        ("exit 1", "Go is missing here"),  # one that is told to stay what it is, and cannot be
    ],
)
def test_without_a_good_go_and_without_a_registry_it_says_what_to_install(
    go: str | None, said: str, tmp_path: Path
) -> None:
    program = tmp_path / "go"
    if go:
        program.write_text(f"#!/bin/sh\n{go}\n", encoding="utf-8")
        program.chmod(0o755)
    done = install(
        PATH=f"{tmp_path}:{NO_GO}", XDG_CACHE_HOME=str(tmp_path), UV_OFFLINE="1", UV_NO_CACHE="1"
    )
    assert done.returncode != 0
    assert said in done.stderr
    assert "Install Go 1.25" in done.stderr
    assert not list(tmp_path.glob("mlflow-ha/building.*")), "a failed build left its folder"
