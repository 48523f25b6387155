"""Images built without a registry or a container engine: Debian is made here, Buildah does the rest.

Buildah is a real builder of Dockerfiles. It runs their steps in a chroot.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

SUITE = "trixie"
# debian:trixie-slim leaves the same out.
LEFT_OUT = ("doc/*", "info/*", "linda/*", "lintian/overrides/*", "locale/*", "man/*")
LONGEST_SECONDS = 500
BASE = "base"


class Builder:
    """A store of images, and what builds them."""

    def __init__(self, folder: Path) -> None:
        """Make the Debian that all images begin with; all of it stays under the folder."""
        for program in ("mmdebstrap", "buildah"):
            assert shutil.which(program), (
                f"{program} is missing; run tools/install-packages --tests"
            )
        self._folder = folder
        kind = subprocess.check_output(["stat", "-fc", "%T", folder], text=True).strip()
        # An overlay cannot lie on another, as the root of a container may be one.
        self._driver = "vfs" if kind == "overlayfs" else "overlay"
        context = folder / "context"
        context.mkdir()
        options = [f"--dpkgopt=path-exclude=/usr/share/{left_out}" for left_out in LEFT_OUT]
        archive = context / "root.tar"
        _run(["mmdebstrap", "--quiet", "--variant=minbase", *options, SUITE, str(archive)])
        (context / "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
        self._buildah("build", "--quiet", f"--tag={BASE}", str(context))
        archive.unlink()

    def build(self, tag: str, context: Path) -> Path:
        """Build a Dockerfile, whatever its first FROM names; return where its root is mounted."""
        # Where this machine's own network has a certificate authority, its file knows it.
        certificates = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
        self._buildah(
            "build", "--quiet", "--layers=false", "--isolation=chroot", f"--from={BASE}",
            f"--secret=id=certificates,src={certificates}", f"--tag={tag}", str(context),
        )  # fmt: skip
        return Path(self._buildah("mount", self._buildah("from", tag)))

    def configuration(self, tag: str) -> dict[str, Any]:
        """Return what an image says about how it is started."""
        inspected = json.loads(self._buildah("inspect", "--type=image", tag))
        configuration: dict[str, Any] = inspected["OCIv1"]["config"]
        return configuration

    def remove(self) -> None:
        """Unmount everything, then delete the images; the folder is the caller's."""
        for words in (("umount", "--all"), ("rm", "--all"), ("rmi", "--all", "--force")):
            self._buildah(*words)

    def _buildah(self, *words: str) -> str:
        place = [f"--{name}={self._folder / name}" for name in ("root", "runroot")]
        return _run(["buildah", *place, f"--storage-driver={self._driver}", *words])


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout.strip()
