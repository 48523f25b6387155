"""What the client's guide says in tables is what the code says: settings, errors, versions, days.

Its commands and its Python are run by tests/cluster/client/test_guide.py.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from mlflow_ha import errors
from mlflow_ha.settings import MLflowSettings, SettingsError
from mlflow_ha.stock import LOOKUPS, TAG
from mlflow_ha_server.idempotency_records import RETENTION_DAYS
from pydantic import AliasChoices
from pydantic.fields import FieldInfo

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "guides" / "client.md").read_text(encoding="utf-8")
README = (ROOT / "client" / "README.md").read_text(encoding="utf-8")
_WORDS = {Ge: "at least {}", Gt: "above {}", Le: "at most {}", Lt: "below {}"}


def section(title: str) -> str:
    """Return what stands below a heading, up to the next one."""
    return re.split(r"^#+ ", GUIDE.partition(f"# {title}\n")[2], flags=re.MULTILINE)[0]


def rows(title: str) -> list[str]:
    """Return the rows of a section's table, without its head."""
    return [line for line in section(title).splitlines() if line.startswith("|")][2:]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{int(value)}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return "" if value is None else f"`{value}`"


def _bounds(field: FieldInfo) -> str:
    if field.annotation is bool:
        return "0 or 1"
    limits = [
        _WORDS[type(limit)].format(f"{getattr(limit, type(limit).__name__.lower()):g}")
        for limit in field.metadata
        if type(limit) in _WORDS
    ]
    return ", ".join(limits)


def row(field: FieldInfo) -> str:
    """Return a setting as the guide shows it."""
    assert isinstance(field.validation_alias, AliasChoices)
    variable = field.validation_alias.choices[0]
    cells = (f"`{variable}`", _shown(field.default), _bounds(field), str(field.description))
    return f"| {' | '.join(cells)} |"


def test_the_table_of_settings_is_that_of_the_code() -> None:
    written = [row(field) for field in MLflowSettings.model_fields.values()]
    assert rows("Settings") == written, "write these rows:\n" + "\n".join(written)


def test_every_variable_that_is_named_exists() -> None:
    known = {
        name
        for field in MLflowSettings.model_fields.values()
        if isinstance(field.validation_alias, AliasChoices)
        for name in field.validation_alias.choices
    }
    named = set(re.findall(r"\bMLFLOW_HA_[A-Z_]+", GUIDE + README))
    assert named - {"MLFLOW_HA_DISABLE"} <= known


def test_every_error_is_explained_in_its_place_in_the_tree() -> None:
    own = [
        name
        for name, thing in vars(errors).items()
        if isinstance(thing, type)
        and issubclass(thing, errors.MlflowHaError)
        and thing.__name__ == name != "MlflowHaError"
    ]
    told = [re.findall(r"`(\w+)`", line)[0] for line in rows("Errors, and what to do")]
    assert told == [*own, SettingsError.__name__]


def test_the_versions_are_those_that_the_package_declares() -> None:
    package = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text(encoding="utf-8"))
    lowest = package["project"]["requires-python"].removeprefix(">=")
    (mlflow,) = (d for d in package["project"]["dependencies"] if d.startswith("mlflow-skinny"))
    first, below = re.findall(r"3\.\d+", mlflow)
    newest = f"3.{int(below.removeprefix('3.')) - 1}"
    for text in (section("Versions"), README):
        assert f"Python {lowest} and newer, MLflow {first} to {newest}" in " ".join(text.split())


@pytest.mark.parametrize(
    "fact", [f"remembers a key for {RETENTION_DAYS} days", f"the tag\n`{TAG}`"], ids=["days", "tag"]
)
def test_a_fact_of_the_servers_is_quoted(fact: str) -> None:
    assert fact in GUIDE


def test_what_cannot_be_looked_for_on_a_stock_server_is_not_said_to_be() -> None:
    """The guide names what is looked for by its name; the rest is found by the tag."""
    by_name = {api for api in LOOKUPS if api in ("CreateExperiment", "CreateRegisteredModel")}
    assert "an experiment or a\nregistered model is looked for by its name" in GUIDE
    assert set(LOOKUPS) - by_name == {"CreateRun", "CreateLoggedModel", "CreateModelVersion"}
