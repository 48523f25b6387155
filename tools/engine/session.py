"""The engine as a library: `recorded` opens it on a stack of a program, with nothing real behind it.

with recorded("prod") as engine:
outcome = engine.up()
assert outcome.succeeded, outcome.output
engine.requests("Create")
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from tools.engine import command
from tools.engine.account import SimulatedAccount
from tools.engine.graph import Node, graph
from tools.engine.outcome import Outcome, outcome, read_events
from tools.engine.workspace import NOT_A_SECRET, Workspace
from tools.recording_provider.faults import Fault
from tools.recording_provider.server import RecordingProvider

STACKS_FOLDER = command.ROOT / "build" / "engine"


class EngineError(RuntimeError):
    """The engine could not do what it does for every stack, such as initialise one."""


class Engine:
    """One stack, and the commands on it.

    Args:
        workspace: Where the stack is kept.
        provider: The running recording provider.
        account: The running stand-in for AWS's services.
        progress: Where the engine's own lines are shown as they come.
    """

    def __init__(
        self,
        workspace: Workspace,
        provider: RecordingProvider,
        account: SimulatedAccount,
        progress: TextIO | None = None,
    ) -> None:
        self.workspace = workspace
        self.account = account
        self._provider = provider
        self._progress = progress
        self._folder = command.installed()
        self._environment = command.with_path(
            self._folder,
            command.isolated(workspace.environment, provider.environment, account.environment),
        )
        workspace.prepare({})
        if not workspace.exists:
            self._pulumi_or_error("stack", "init", workspace.stack, "--cwd", workspace.folder)
        self.configure({})

    def configure(self, overrides: Mapping[str, Any]) -> None:
        """Take the committed settings anew, with these differences (`Workspace.prepare`)."""
        for key in self.workspace.prepare(overrides):
            place = ("--stack", self.workspace.stack, "--cwd", self.workspace.folder)
            self._pulumi_or_error("config", "set", "--path", "--secret", *place, key, NOT_A_SECRET)

    def preview(self, *options: str) -> Outcome:
        """Say what `up` would do; options as of `pulumi preview`."""
        return self._operate("preview", *options)

    def up(self, *options: str) -> Outcome:
        """Bring the stack to what the program says; options as of `pulumi up`."""
        return self._operate("up", "--yes", "--skip-preview", *options)

    def refresh(self, *options: str) -> Outcome:
        """Compare the state with what the provider says exists."""
        return self._operate("refresh", "--yes", "--skip-preview", *options)

    def destroy(self, *options: str) -> Outcome:
        """Delete everything; if anything is protected, the preview before it refuses."""
        return self._operate("destroy", "--yes", *options)

    def state(self) -> dict[str, Any]:
        """The state as the backend keeps it: secrets are encrypted in it."""
        here = ("--stack", self.workspace.stack, "--cwd", self.workspace.folder)
        exported: dict[str, Any] = json.loads(self._pulumi_or_error("stack", "export", *here))
        return exported

    def graph(self) -> list[Node]:
        """Every registered resource; right after an `up`, in the order of registration."""
        return graph(self.state(), read_events(self.workspace.events))

    def requests(self, method: str | None = None) -> list[dict[str, Any]]:
        """What the provider was asked, oldest first."""
        return [r for r in self._provider.journal.read() if method in (None, r["method"])]

    def suffer(self, faults: Sequence[Fault]) -> None:
        """Let the provider fail or delay requests from now on; an empty list heals it."""
        plain = [fault.model_dump(exclude_defaults=True) for fault in faults]
        self.workspace.faults.write_text(json.dumps(plain), encoding="utf-8")

    def _operate(self, verb: str, *options: str) -> Outcome:
        self.workspace.events.unlink(missing_ok=True)
        here = ("--stack", self.workspace.stack, "--cwd", self.workspace.program)
        files = ("--config-file", self.workspace.settings, "--event-log", self.workspace.events)
        code, output = self._pulumi(verb, *here, *files, *options, progress=self._progress)
        return outcome(code, output, read_events(self.workspace.events))

    def _pulumi_or_error(self, *arguments: str | Path) -> str:
        code, output = self._pulumi(*arguments, progress=None)
        if code != 0:
            raise EngineError(f"pulumi {arguments[0]} {arguments[1]}: {output.strip()}")
        return output

    def _pulumi(self, *arguments: str | Path, progress: TextIO | None) -> tuple[int, str]:
        return command.run(
            [self._folder / "pulumi", *arguments, "--non-interactive", "--color", "never"],
            environment=self._environment,
            progress=progress,
        )


@contextmanager
def recorded(
    stack: str,
    *,
    program: Path = command.ROOT,
    folder: Path | None = None,
    progress: TextIO | None = None,
) -> Iterator[Engine]:
    """Open a stack, with a recording provider and a simulated account that live as long.

    Args:
        stack: The stack's name.
        program: The folder of Pulumi.yaml.
        folder: Where the state is kept between runs; build/engine/STACK if absent.
        progress: Where the engine's own lines are shown as they come.
    """
    workspace = Workspace(folder or STACKS_FOLDER / stack, program=program, stack=stack)
    with (
        workspace.locked(),
        SimulatedAccount() as account,
        RecordingProvider(workspace.journal, workspace.faults, account) as provider,
    ):
        yield Engine(workspace, provider, account, progress)
