"""Every public name exists, and a type checker sees the same object that Python finds."""

import ast
import importlib
import inspect

import mlflow_ha
import pytest


def seen_by_type_checkers() -> dict[str, str]:
    tree = ast.parse(inspect.getsource(mlflow_ha))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {
        name.name: str(node.module)
        for node in imports
        for name in node.names
        if name.asname == name.name  # otherwise it is not exported
    }


def test_type_checkers_see_every_public_name() -> None:
    assert sorted(seen_by_type_checkers()) == mlflow_ha.__all__


@pytest.mark.parametrize("name", mlflow_ha.__all__)
def test_a_public_name_is_what_type_checkers_take_it_for(name: str) -> None:
    module = importlib.import_module(seen_by_type_checkers()[name])
    assert getattr(mlflow_ha, name) is getattr(module, name)
