"""The wheel declares the Pythons on which its tests run, and no other.

Which MLflow it declares, and which is tested, tests/cluster/client/test_versions.py compares.
"""

import tomllib
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[3]
_NAMED = "Programming Language :: Python :: "


def test_each_declared_python_is_one_of_the_hosted_tests() -> None:
    text = (ROOT / "client" / "pyproject.toml").read_text(encoding="utf-8")
    declared = tomllib.loads(text)["project"]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    tested = workflow["jobs"]["client"]["strategy"]["matrix"]["python"]
    assert [line.removeprefix(_NAMED) for line in declared["classifiers"]] == tested
    assert SpecifierSet(declared["requires-python"]) == SpecifierSet(f">={tested[0]}")
