"""The folder in which the engine keeps one stack: its state, its secrets' key, its settings."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

NOT_A_SECRET = "stands-in-for-a-secret"  # noqa: S105 - what a recorded run sees in a secret's place
KEY_BYTES = 32


class WorkspaceError(RuntimeError):
    """A stack that cannot be worked on here; the text says why and what to do."""


class Workspace:
    """One stack of one program.

    The committed settings of the stack are only read: the engine writes into that file (the salt of
    its encryption), so it is given a copy.

    Args:
        folder: Where everything is kept; made if need be.
        program: The folder of Pulumi.yaml.
        stack: The stack's name.
    """

    def __init__(self, folder: Path, *, program: Path, stack: str) -> None:
        self.program, self.stack = program, stack
        self.folder = folder.resolve()
        self.state = self.folder / "state"
        self.passphrase = self.folder / "passphrase"
        self.journal = self.folder / "requests.jsonl"
        self.faults = self.folder / "faults.json"
        self.events = self.folder / "events.jsonl"
        self.settings = self.folder / f"Pulumi.{stack}.yaml"
        self.state.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """What makes the engine use this folder, and nothing of the user's own."""
        return {
            "PULUMI_BACKEND_URL": self.state.as_uri(),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_COMMANDS": "true",  # else there is no --event-log
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    @property
    def exists(self) -> bool:
        """Whether the stack was initialised here."""
        return any(self.state.glob(f".pulumi/stacks/*/{self.stack}.json"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out of the folder.

        Raises:
            WorkspaceError: Another run has it.
        """
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WorkspaceError(
                    f"another run works on {self.folder}. Wait until it ends"
                ) from None
            # Nobody else is here, so a lock of the engine's own is what a killed run left.
            shutil.rmtree(self.state / ".pulumi/locks", ignore_errors=True)
            yield

    def prepare(self, overrides: Mapping[str, Any]) -> list[str]:
        """Write what the engine needs before it starts.

        What is encrypted in the committed settings cannot be decrypted here: NOT_A_SECRET stands in
        for it, and is to be encrypted with this folder's own key.

        Args:
            overrides: Settings that differ from the committed ones, by their keys. A dot leads into
                a group: "mlflow-ha:aws.service.image".

        Returns:
            The keys of what is to be encrypted, written as `pulumi config set --path` takes them.

        Raises:
            WorkspaceError: The program has no settings for this stack.
        """
        if not self.passphrase.exists():
            self._write_passphrase()
        project = project_of(self.program)
        committed = stacks_of(self.program).get(self.stack)
        if committed is None:
            raise no_such_stack(self.stack, self.program)
        settings = yaml.safe_load(committed.read_text(encoding="utf-8")) or {}
        config = settings.get("config", {})
        encrypted = [path for key, value in config.items() for path in _encrypted(key, value)]
        config = {key: _in_the_clear(value) for key, value in config.items()}
        for key, value in overrides.items():
            _put(config, key, value)
        mine: dict[str, Any] = {"config": config}
        if self.settings.exists():
            before = yaml.safe_load(self.settings.read_text(encoding="utf-8")) or {}
            mine |= {key: value for key, value in before.items() if key == "encryptionsalt"}
        self.settings.write_text(yaml.safe_dump(mine, sort_keys=False), encoding="utf-8")
        # A project of the same name, from which the stack is initialised: the engine writes the salt
        # beside the Pulumi.yaml it finds, and must not find the committed one.
        beside = {"name": project["name"], "runtime": "python"}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(beside), encoding="utf-8")
        return encrypted

    def _write_passphrase(self) -> None:
        descriptor = os.open(self.passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(KEY_BYTES))


def project_of(program: Path) -> dict[str, Any]:
    """Return what the Pulumi.yaml of a program says."""
    project: dict[str, Any] = yaml.safe_load((program / "Pulumi.yaml").read_text(encoding="utf-8"))
    return project


def stacks_of(program: Path) -> dict[str, Path]:
    """Return the committed settings of a program's stacks, by their names."""
    folder = program / project_of(program).get("stackConfigDir", ".")
    return {path.name.split(".")[1]: path for path in folder.glob("Pulumi.*.yaml")}


def no_such_stack(stack: str, *programs: Path) -> WorkspaceError:
    """Return the error that names the stacks there are."""
    known = sorted(name for program in programs for name in stacks_of(program))
    return WorkspaceError(
        f"no stack {stack!r}: there is no Pulumi.{stack}.yaml. Use one of: {', '.join(known)}"
    )


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"secure"}


def _encrypted(path: str, value: Any) -> Iterator[str]:
    if _is_encrypted(value):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _encrypted(f'{path}["{key}"]', item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _encrypted(f"{path}[{index}]", item)


def _in_the_clear(value: Any) -> Any:
    if _is_encrypted(value):
        return NOT_A_SECRET
    if isinstance(value, dict):
        return {key: _in_the_clear(item) for key, item in value.items()}
    return [_in_the_clear(item) for item in value] if isinstance(value, list) else value


def _put(config: dict[str, Any], key: str, value: Any) -> None:
    *groups, last = key.split(".")
    for group in groups:
        config = config.setdefault(group, {})
    config[last] = value
