"""The image of server/Dockerfile, started like a container."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.cluster.server.builder import Builder

SERVER = Path(__file__).parents[3] / "server"
ENTER = Path(__file__).with_name("enter_image.sh")
HOST = "ip-10-0-1-23.ec2.internal"
START_SECONDS = 60


@dataclass
class Container:
    """A running program of an image.

    Attributes:
        process: the namespaces' parent; its exit code is the program's.
        log: what the program says.
        began: when it was started, on the monotonic clock.
    """

    process: subprocess.Popen[bytes]
    log: Path
    began: float = field(default_factory=time.monotonic)

    def wait_for(self, url: str) -> float:
        """Return the seconds from the start until the URL answers 200."""
        while time.monotonic() < self.began + START_SECONDS and self.process.poll() is None:
            try:
                if requests.get(url, timeout=5).status_code == requests.codes.ok:
                    return time.monotonic() - self.began
            except requests.ConnectionError:
                time.sleep(0.1)
        raise RuntimeError(f"{url} did not answer: {self.log.read_text()[-3000:]}")

    def wait_for_words(self, words: str) -> None:
        """Return once the program has said them."""
        while words not in self.log.read_text():
            late = time.monotonic() > self.began + START_SECONDS
            assert not late, f"never said {words!r}: {self.log.read_text()[-3000:]}"
            time.sleep(0.1)

    def stop(self) -> int:
        """Send SIGTERM to its process 1; return the exit code."""
        self._first().send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        """End it if it still runs, as the end of a failed test; with process 1 all others end."""
        if self.process.poll() is None:
            with contextlib.suppress(ValueError, psutil.NoSuchProcess):
                self._first().kill()
            self.process.wait(10)

    def _first(self) -> psutil.Process:
        (first,) = psutil.Process(self.process.pid).children()
        return first


class Image:
    """The built image, its root mounted."""

    def __init__(self, builder: Builder) -> None:
        """Build it."""
        self.root = builder.build("mlflow-ha-server", SERVER)
        self.config: dict[str, Any] = builder.configuration("mlflow-ha-server")

    def start(
        self, *command: str, environment: Mapping[str, str], files: Path, entrypoint: bool = True
    ) -> Container:
        """Start the image's entrypoint, or another program of it.

        Args:
            command: replaces the image's own, unless it is empty.
            environment: added to the image's.
            files: laid over the root, see enter_image.sh; what the program says lies beside it.
            entrypoint: whether the command is the entrypoint's.
        """
        volume = files / "tmp"
        if not volume.exists():
            self._make_volume(volume)
        arguments = [*(self.config["Entrypoint"] if entrypoint else ()), *command]
        if not command:
            arguments += self.config["Cmd"]
        given = dict(variable.split("=", 1) for variable in self.config["Env"])
        log = files.with_suffix(f".{time.monotonic_ns()}.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    "/usr/bin/unshare", "--mount", "--uts", "--pid", "--fork",
                    str(ENTER), str(self.root), HOST, self.config["User"], str(files),
                    self.config["WorkingDir"], *arguments,
                ],
                env={**given, **environment}, stdout=output, stderr=output,
            )  # fmt: skip
        return Container(process, log)

    def run(self, *command: str, seconds: float = 120, **options: Any) -> tuple[int, str]:
        """Run a program to its end; return the exit code and what it said."""
        container = self.start(*command, **options)
        try:
            code = container.process.wait(seconds)
        finally:
            container.kill()
        return code, container.log.read_text()

    @property
    def mebibytes(self) -> float:
        """What its files take, as `du` counts."""
        counted = subprocess.check_output(["du", "-sxk", self.root], text=True)
        return int(counted.split()[0]) / 1024

    def _make_volume(self, volume: Path) -> None:
        """As ECS does for a path that the image declares: with that path's owner and mode."""
        assert "/tmp" in self.config["Volumes"]  # noqa: S108
        declared = (self.root / "tmp").stat()
        volume.mkdir(parents=True)
        os.chown(volume, declared.st_uid, declared.st_gid)
        volume.chmod(declared.st_mode & 0o7777)
