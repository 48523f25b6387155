"""Proves that the image is made of the same files as the environment its server is tested in."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SERVER = ROOT / "server"
LOCKS = ("requirements.txt", "image/tools.txt")
ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?P<rest>(?:.*\\\n)*.*)", re.MULTILINE)


@cache
def locked(path: Path) -> dict[tuple[str, str], set[str]]:
    """The hashes of every version of every package."""
    return {
        (entry["name"], entry["version"]): set(re.findall(r"--hash=(\S+)", entry["rest"]))
        for entry in ENTRY.finditer(path.read_text())
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_and_hash_is_that_of_the_workshop(lock: str) -> None:
    workshop, image = locked(ROOT / "requirements.txt"), locked(SERVER / lock)
    assert image
    for package, hashes in image.items():
        assert package in workshop, f"{package}: make lock"
        assert hashes
        assert hashes == workshop[package], f"{package}: make lock"


@pytest.mark.parametrize("lock", [*LOCKS, "image/certificates.txt"])
def test_no_lock_names_an_address(lock: str) -> None:
    lines = (SERVER / lock).read_text().splitlines()
    for line in lines:
        assert line.startswith("#") or "://" not in line
        assert "index-url" not in line


def test_what_is_left_out_is_left_out_and_nothing_that_the_server_names() -> None:
    left_out = set((SERVER / "image" / "excluded.txt").read_text().splitlines())
    left_out = {name for name in left_out if not name.startswith("#")}
    named = re.findall(r'^  "([\w-]+)', (SERVER / "pyproject.toml").read_text(), re.MULTILINE)
    present = {name for name, _ in locked(SERVER / "requirements.txt")}
    assert left_out
    assert not left_out & present
    assert set(named) <= present


def test_the_dockerfile_has_no_finding() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [linter, "--no-color", SERVER / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
