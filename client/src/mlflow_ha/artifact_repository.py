"""MLflow's artifact repositories: transfers that are repeated, and that wait where they must.

A transfer is a PUT of a whole file to its place, so that repeating it does nothing twice.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mlflow.entities import FileInfo
from mlflow.environment_variables import (
    MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD,
    MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE,
)
from mlflow.store.artifact.artifact_repo import verify_artifact_path
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.artifact.http_artifact_repo import _guess_mime_type
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository
from mlflow.utils.rest_utils import augmented_raise_for_status, http_request

from mlflow_ha.deadline import Deadline
from mlflow_ha.direct import until_taken
from mlflow_ha.sender import Sender
from mlflow_ha.settings import current

T = TypeVar("T")
_SILENCE_SECONDS = 60.0
"""Without a byte from the server until one transfer is given up: it stages what it is sent."""


class Storage(Protocol):
    """Moves files to and from where they belong, now, repeating what may be repeated."""

    def send(self, source: Path, artifact_path: str | None, seconds: float) -> None:
        """Send a file, or all files of a folder.

        Args:
            source: The file or folder.
            artifact_path: Where below the root it belongs.
            seconds: For each file, until another attempt is begun; a transfer under way goes on.

        Raises:
            TrackingUnavailable: The storage was away for as long as that.
        """

    def list_now(self, path: str | None) -> list[FileInfo]:
        """Return what is at a path below the root."""

    def fetch_now(self, remote_file_path: str, local_path: str) -> None:
        """Copy one file from below the root to a local path."""


class _Kept:
    """What both kinds of storage do alike: at once, or from and into the spool where one is on.

    The methods ending in _now are MLflow's own, repeated until they succeed.
    """

    root: str
    server: str
    send: Callable[[Path, str | None, float], None]
    list_now: Callable[[str | None], Any]
    fetch_now: Callable[[str, str], None]

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Put one file below the root."""
        self._log(Path(local_file), artifact_path)

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Put all files of a folder below the root."""
        self._log(Path(local_dir), artifact_path)

    def _log(self, source: Path, artifact_path: str | None) -> None:
        verify_artifact_path(artifact_path)
        if not current().spool:
            self.send(source, artifact_path, current().deadline)
            return
        from mlflow_ha.spool.artifacts import log  # noqa: PLC0415  (only who spools pays)

        log(self.server, self.root, source, artifact_path)

    def list_artifacts(self, path: str | None = None) -> Any:
        """Return what is at a path below the root."""
        if not current().spool:
            return self.list_now(path)
        from mlflow_ha.spool.artifacts import listing  # noqa: PLC0415

        return listing(self.server, self.root, path)

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        if not current().spool:
            self.fetch_now(remote_file_path, local_path)
            return
        from mlflow_ha.spool.artifacts import fetch  # noqa: PLC0415

        fetch(self.server, self.root, remote_file_path, local_path)


class ProxiedArtifacts(_Kept, MlflowArtifactsRepository):
    """Artifacts behind the tracking server (mlflow-artifacts:), through its breaker."""

    def __init__(
        self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None
    ) -> None:
        self.root = artifact_uri
        self.server = tracking_uri or current().effective_tracking_uri
        MlflowArtifactsRepository.__init__(self, artifact_uri, tracking_uri, registry_uri)

    def send(self, source: Path, artifact_path: str | None, seconds: float) -> None:
        """Send each file, as often as it takes; a large one in parts if the server asks for it."""
        for file, folder in files_of(source, artifact_path):
            transfer = partial(self._transfer, file, folder)
            self._repeated(f"sending {file}", transfer, Deadline.after(seconds))

    def _transfer(self, file: Path, artifact_path: str | None) -> None:
        if self._goes_in_parts(file):
            MlflowArtifactsRepository.log_artifact(self, str(file), artifact_path)
            return
        place = posixpath.join("/", artifact_path or "", file.name)
        with file.open("rb") as content:
            answer = http_request(
                self._host_creds,
                place,
                "PUT",
                data=content,
                extra_headers={"Content-Type": _guess_mime_type(file.name)},
                max_retries=0,
                raise_on_status=False,
                timeout=(current().connection_timeout, _SILENCE_SECONDS),
            )
        augmented_raise_for_status(answer)

    def _goes_in_parts(self, file: Path) -> bool:
        if hasattr(MlflowArtifactsRepository, "_should_multipart_upload"):
            return bool(self._should_multipart_upload(str(file)))
        # Before 3.15 MLflow does not ask the server.
        enabled = MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD.get()
        return bool(
            enabled and file.stat().st_size >= MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE.get()
        )

    def list_now(self, path: str | None) -> Any:
        ask = partial(MlflowArtifactsRepository.list_artifacts, self, path)
        return self._repeated("listing artifacts", ask, Deadline.after(current().deadline))

    def fetch_now(self, remote_file_path: str, local_path: str) -> None:
        fetch = partial(
            MlflowArtifactsRepository._download_file,  # noqa: SLF001  (what this overrides)
            self,
            remote_file_path,
            local_path,
        )
        self._repeated(f"fetching {remote_file_path}", fetch, Deadline.after(current().deadline))

    def _repeated(self, what: str, transfer: Callable[[], T], deadline: Deadline) -> T:
        return Sender(self.server, current()).repeat(what, transfer, deadline)


class DirectArtifacts(_Kept, S3ArtifactRepository):
    """Artifacts that the client moves to S3 itself, whatever the tracking server does."""

    def __init__(
        self,
        artifact_uri: str,
        *arguments: Any,
        tracking_uri: str | None = None,
        registry_uri: str | None = None,
    ) -> None:
        self.root = artifact_uri
        self.server = tracking_uri or current().effective_tracking_uri
        S3ArtifactRepository.__init__(
            self, artifact_uri, *arguments, tracking_uri=tracking_uri, registry_uri=registry_uri
        )

    def send(self, source: Path, artifact_path: str | None, seconds: float) -> None:
        """Send each file; boto3 repeats on its own, and this beyond that."""
        for file, folder in files_of(source, artifact_path):
            transfer = partial(S3ArtifactRepository.log_artifact, self, str(file), folder)
            until_taken(self.root, f"sending {file}", transfer, Deadline.after(seconds))

    def list_now(self, path: str | None) -> Any:
        ask = partial(S3ArtifactRepository.list_artifacts, self, path)
        deadline = Deadline.after(current().deadline)
        return until_taken(self.root, "listing artifacts", ask, deadline)

    def fetch_now(self, remote_file_path: str, local_path: str) -> None:
        fetch = partial(
            S3ArtifactRepository._download_file,  # noqa: SLF001  (what this overrides)
            self,
            remote_file_path,
            local_path,
        )
        deadline = Deadline.after(current().deadline)
        until_taken(self.root, f"fetching {remote_file_path}", fetch, deadline)


class _Elsewhere:
    """A storage that only MLflow knows how to reach, with whatever it does about failures."""

    def __init__(self, root: str) -> None:
        self._repository = get_artifact_repository(root)

    def send(self, source: Path, artifact_path: str | None, seconds: float) -> None:
        del seconds
        for file, folder in files_of(source, artifact_path):
            self._repository.log_artifact(str(file), folder)

    def list_now(self, path: str | None) -> Any:
        return self._repository.list_artifacts(path)

    def fetch_now(self, remote_file_path: str, local_path: str) -> None:
        self._repository._download_file(remote_file_path, local_path)  # noqa: SLF001  (as above)


def storage_at(root: str, server: str) -> Storage:
    """Return what moves files below an artifact root.

    Args:
        root: As the server names it, such as mlflow-artifacts:/1/RUN/artifacts.
        server: The tracking URI.
    """
    if root.startswith("s3:"):
        return DirectArtifacts(root, tracking_uri=server)
    if root.startswith("mlflow-artifacts:"):
        return ProxiedArtifacts(root, tracking_uri=server)
    return _Elsewhere(root)


def files_of(source: Path, artifact_path: str | None) -> list[tuple[Path, str | None]]:
    """Every file to send, with the folder it belongs into."""
    if source.is_file():
        return [(source, artifact_path)]
    found = []
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        below = file.parent.relative_to(source).as_posix()
        parts = [part for part in (artifact_path, "" if below == "." else below) if part]
        found.append((file, posixpath.join(*parts) if parts else None))
    return found
