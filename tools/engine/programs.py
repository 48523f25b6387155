"""The two Pulumi programs of this repository: an environment, and what an account needs before one."""

from __future__ import annotations

from pathlib import Path

from tools.engine.command import ROOT
from tools.engine.workspace import no_such_stack, stacks_of

PROGRAMS = (ROOT, ROOT / "bootstrap")


def program_of(stack: str) -> Path:
    """Return the folder of the program that has a stack; no two have one of the same name.

    Raises:
        WorkspaceError: None has it.
    """
    for program in PROGRAMS:
        if stack in stacks_of(program):
            return program
    raise no_such_stack(stack, *PROGRAMS)
