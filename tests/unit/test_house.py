"""The house stands as it is described: imports point one way, tests are collected, files stay small.

Imports are read, not run: also those inside functions and under TYPE_CHECKING count.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 400
# What this repository's own code is called when it is imported. Folders that later work fills are
# named already: a rule that begins to matter with them needs no new test.
OWN = {
    "settings", "setting_groups", "observability", "bootstrap", "local", "chaos", "bench", "tools", "tests", "examples",
    "mlflow_ha_server", "mlflow_ha", "mlflow_ha_monitoring", "components", "policies",
}  # fmt: skip
ALLOWED = {
    "settings.py": {"setting_groups"},
    "setting_groups": {"setting_groups"},
    "local": {"settings", "setting_groups", "local"},
    "chaos": {"settings", "tools", "chaos"},
    "bench": {"settings", "local", "tools", "bench"},
    "tools": {"settings", "setting_groups", "policies", "observability", "tools"},
    "components": {"settings", "setting_groups", "observability", "components"},
    "bootstrap": {"components", "setting_groups"},
    "policies": {"settings", "setting_groups", "policies"},
    "observability": {"settings", "setting_groups", "observability"},
    "examples": set[str](),
    "server/src": {"mlflow_ha_server"},
    "client/src": {"mlflow_ha"},
}


def modules(part: str) -> list[Path]:
    path = ROOT / part
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The first part of every module that a file imports from this repository."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno} imports relatively"
            names = [node.module or ""]
        yield from (top for name in names if (top := name.partition(".")[0]) in OWN)


DOOR = ROOT / "chaos/targets"
EXCEPTIONS = {
    path.relative_to(ROOT).as_posix(): {"local"}
    for path in (DOOR / "local.py", *sorted((DOOR / "local_faults").glob("*.py")))
    if "local" in set(imported(path))
}


@pytest.mark.parametrize("part", ALLOWED)
def test_dependencies_point_one_way(part: str) -> None:
    found = modules(part)
    assert found, f"{part} holds no Python: correct ALLOWED"
    for path in found:
        place = path.relative_to(ROOT).as_posix()
        foreign = set(imported(path)) - ALLOWED[part] - EXCEPTIONS.get(place, set())
        assert not foreign, f"{place} imports {', '.join(sorted(foreign))}"


def test_the_only_door_from_drills_to_the_local_cluster_is_used() -> None:
    """An exception that nobody needs any more would hide the next one."""
    for place, wanted in EXCEPTIONS.items():
        assert wanted <= set(imported(ROOT / place))


def test_every_file_with_tests_is_collected() -> None:
    for path in modules("tests"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        tests = [
            node
            for node in ast.walk(tree)
            if (isinstance(node, functions) and node.name.startswith("test_"))
            or (isinstance(node, ast.ClassDef) and node.name.startswith("Test"))
        ]
        place = path.relative_to(ROOT)
        assert bool(tests) == path.name.startswith("test_"), f"{place} has {len(tests)} tests"


def test_every_test_module_says_what_it_proves() -> None:
    for path in modules("tests"):
        if path.name.startswith("test_"):
            text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert text, f"{path.relative_to(ROOT)} has no first line"


@pytest.mark.parametrize("part", [*ALLOWED, "tests"])
def test_no_module_is_too_long_to_read(part: str) -> None:
    for path in modules(part):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= LONGEST_MODULE, f"{path.relative_to(ROOT)} has {lines} lines: divide it"
