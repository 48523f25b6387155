"""A stack's name is enough to find its program: environments here, the account in bootstrap/."""

import pytest
from typer.testing import CliRunner

import settings
from tools.engine import cli
from tools.engine.command import ROOT
from tools.engine.programs import PROGRAMS, program_of
from tools.engine.workspace import WorkspaceError, stacks_of


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "prod-dr"])
def test_an_environment_is_a_stack_of_the_main_program(stack: str) -> None:
    assert program_of(stack) == ROOT
    assert stacks_of(ROOT)[stack] == settings.STACKS / f"Pulumi.{stack}.yaml"


def test_the_account_is_a_stack_of_the_bootstrap_program() -> None:
    assert program_of("account") == ROOT / "bootstrap"


def test_no_two_programs_have_a_stack_of_the_same_name() -> None:
    names = [name for program in PROGRAMS for name in stacks_of(program)]
    assert len(set(names)) == len(names)


def test_a_stack_that_no_program_has_is_refused_with_those_of_all() -> None:
    with pytest.raises(WorkspaceError, match=r"no stack 'nowhere'.*account, dev, .*prod"):
        program_of("nowhere")


@pytest.mark.parametrize("verb", ["preview", "graph"])
def test_the_commands_refuse_it_in_a_line(verb: str) -> None:
    refused = CliRunner().invoke(cli.app, [verb, "nowhere"])
    assert refused.exit_code == 1
    assert "error: no stack 'nowhere'" in refused.output
    assert "Traceback" not in refused.output


def test_the_graph_is_made_with_the_program_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def no_engine(stack: str, **options: object) -> object:
        asked.append((stack, options["program"]))
        raise WorkspaceError("enough")

    monkeypatch.setattr(cli, "recorded", no_engine)
    for verb in ("preview", "graph"):
        CliRunner().invoke(cli.app, [verb, "account"], env={"PULUMI_BACKEND_URL": ""})
    assert asked == [("account", ROOT / "bootstrap")] * 2
