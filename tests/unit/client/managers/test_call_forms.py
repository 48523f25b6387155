"""Every way to call ExperimentManager's constructor means one thing, or says why it means nothing."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow_ha import ExperimentManager, ModelRegistry

DEFAULT = "hokusai_model_improvements"


@dataclass
class OwnRegistry:
    """A registry of somebody else's making, of which only the address is known."""

    tracking_uri: Any


class WithoutAddress:
    """Another, which works wherever MLflow does."""

    def get_model_by_id(self, model_id: str) -> Any:
        raise NotImplementedError(model_id)


@dataclass(frozen=True)
class Allowed:
    call: Callable[[str, Any], ExperimentManager]
    name: str = DEFAULT
    has_registry: bool = True


# Each is given the address, and a registry at it.
ALLOWED = {
    "nothing": Allowed(lambda _a, _r: ExperimentManager(), has_registry=False),
    "name": Allowed(lambda _a, _r: ExperimentManager("n"), "n", has_registry=False),
    "name by its name": Allowed(
        lambda _a, _r: ExperimentManager(experiment_name="n"), "n", has_registry=False
    ),
    "name, address": Allowed(lambda a, _r: ExperimentManager("n", a), "n", has_registry=False),
    "address by its name": Allowed(
        lambda a, _r: ExperimentManager(mlflow_tracking_uri=a), has_registry=False
    ),
    "empty address": Allowed(
        lambda _a, _r: ExperimentManager("n", mlflow_tracking_uri=""), "n", has_registry=False
    ),
    "registry": Allowed(lambda _a, r: ExperimentManager(r)),
    "registry by its name": Allowed(lambda _a, r: ExperimentManager(registry=r)),
    "registry under the other name": Allowed(lambda _a, r: ExperimentManager(experiment_name=r)),
    "registry, its address": Allowed(lambda a, r: ExperimentManager(r, a)),
    "registry, its address by name": Allowed(
        lambda a, r: ExperimentManager(r, mlflow_tracking_uri=a)
    ),
    "name and registry": Allowed(lambda _a, r: ExperimentManager("n", registry=r), "n"),
    "both by name": Allowed(lambda _a, r: ExperimentManager(experiment_name="n", registry=r), "n"),
    "all three": Allowed(lambda a, r: ExperimentManager("n", a, r), "n"),
    "all three by name": Allowed(
        lambda a, r: ExperimentManager(registry=r, mlflow_tracking_uri=a, experiment_name="n"), "n"
    ),
}


@pytest.mark.parametrize("kind", [ModelRegistry, OwnRegistry])
@pytest.mark.parametrize("form", ALLOWED)
def test_an_allowed_call_means_what_it_says_and_warns_of_nothing(
    form: str, kind: Callable[[str], Any], address: str
) -> None:
    mlflow.set_tracking_uri(address)
    allowed, registry = ALLOWED[form], kind(address)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        manager = allowed.call(address, registry)
    assert [str(warning.message) for warning in warned if _ours(warning)] == []
    assert manager.experiment_name == allowed.name
    assert manager.registry is (registry if allowed.has_registry else None)
    assert manager.tracking_uri == address == mlflow.get_tracking_uri()
    found = mlflow.get_experiment_by_name(allowed.name)
    assert found.experiment_id == manager.experiment_id


def _ours(warning: warnings.WarningMessage) -> bool:
    # MLflow warns of its own file store.
    return not issubclass(warning.category, FutureWarning)


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "two registries": (
        lambda r: ExperimentManager(r, registry=OwnRegistry("file:///b")),
        "two registries were given, ",
    ),
    "one registry twice": (lambda r: ExperimentManager(r, registry=r), "two registries were given"),
    "none for a name": (
        lambda _: ExperimentManager(None),
        "experiment_name=None (NoneType) is nei",
    ),
    "none and a registry": (
        lambda r: ExperimentManager(None, registry=r),
        "experiment_name=None (NoneType) is neither",
    ),
    "number": (lambda _: ExperimentManager(42), "experiment_name=42 (int) is neither the name of"),
    "truth": (lambda _: ExperimentManager(True), "experiment_name=True (bool) is neither the name"),
    "bytes": (
        lambda _: ExperimentManager(b"n"),
        "experiment_name=b'n' (bytes) is neither the name",
    ),
    "list": (
        lambda _: ExperimentManager(["n"]),
        "experiment_name=['n'] (list) is neither the name",
    ),
    "mapping": (lambda _: ExperimentManager({"n": 1}), "(dict) is neither the name"),
    "path": (lambda _: ExperimentManager(Path("n")), "(PosixPath) is neither the name"),
    "function": (lambda _: ExperimentManager(print), "is neither the name of an experiment nor a"),
    "class": (lambda _: ExperimentManager(ModelRegistry), "(type) is neither the name of"),
    "any object": (lambda _: ExperimentManager(object()), "(object) is neither the name of an exp"),
    "empty name": (lambda _: ExperimentManager(""), "experiment_name='' is empty. Use Exp"),
    "blank name": (lambda _: ExperimentManager("  "), "experiment_name='  ' is empty"),
    "empty name and a registry": (lambda r: ExperimentManager("", registry=r), "'' is empty"),
    "text for a registry": (
        lambda _: ExperimentManager(registry="n"),
        "registry='n' (str) is no registry. Use ExperimentManager('name')",
    ),
    "number for a registry": (
        lambda _: ExperimentManager("n", registry=7),
        "registry=7 (int) is no registry",
    ),
    "registry class": (
        lambda _: ExperimentManager("n", registry=ModelRegistry),
        "(type) is no registry",
    ),
    "registry for an address": (
        lambda r: ExperimentManager("n", r),
        "is no address. Use text such as 'http://host:5000'; a registry goes first",
    ),
    "number for an address": (
        lambda _: ExperimentManager("n", 5000),  # type: ignore[arg-type]  # what is refused
        "mlflow_tracking_uri=5000 (int) is no address",
    ),
    "a registry whose address is none": (
        lambda _: ExperimentManager(OwnRegistry(5000)),
        "registry.tracking_uri=5000 (int) is no address",
    ),
}


@pytest.mark.parametrize("form", REFUSED)
def test_any_other_call_is_refused_with_its_reason_before_mlflow_is_touched(
    form: str, address: str, other_address: str
) -> None:
    registry = OwnRegistry(address)
    mlflow.set_tracking_uri(other_address)
    call, reason = REFUSED[form]
    with pytest.raises(ValueError, match=r".") as refused:
        call(registry)
    assert reason in str(refused.value)
    assert mlflow.get_tracking_uri() == other_address
    assert not Path(other_address.removeprefix("file://")).exists()


def test_the_address_is_the_argument_before_the_registrys_before_mlflows(
    address: str, other_address: str, tmp_path: Path
) -> None:
    third = (tmp_path / "third").as_uri()
    mlflow.set_tracking_uri(third)
    assert ExperimentManager("n").tracking_uri == third
    assert ExperimentManager(OwnRegistry(None)).tracking_uri == third
    assert ExperimentManager(WithoutAddress()).tracking_uri == third
    assert ExperimentManager(OwnRegistry(address)).tracking_uri == address
    with pytest.warns(UserWarning, match="different|there"):
        assert ExperimentManager(OwnRegistry(address), other_address).tracking_uri == other_address


def test_the_environment_says_where_if_nothing_else_does(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert ExperimentManager().tracking_uri == address
    assert ModelRegistry().tracking_uri == address


@pytest.mark.parametrize("slash", ["", "/"])
def test_only_two_different_servers_are_warned_of_once_at_the_callers_line(
    slash: str, address: str, other_address: str
) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        ExperimentManager(OwnRegistry(address), address + slash)
        assert not [one for one in warned if _ours(one)]
        ExperimentManager(OwnRegistry(address), other_address)
    (told,) = [one for one in warned if _ours(one)]
    assert told.category is UserWarning
    assert told.filename == __file__
    assert "does not find the registry's models" in str(told.message)


def test_a_registry_refuses_an_address_that_is_none() -> None:
    with pytest.raises(ValueError, match="tracking_uri=5000 is no address"):
        ModelRegistry(5000)  # type: ignore[arg-type]  # what is refused
