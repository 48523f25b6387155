"""How a primary sends its finished WAL to the object store: barman's program, a file with its key."""

from __future__ import annotations

import shlex
from pathlib import Path

from local.buckets import REGION, wal
from local.site import Site

SERVER = "mlflow-ha"
"""What barman calls the cluster: one name for all nodes, since they write one history."""
FOLDER = f"{SERVER}/wals"
"""Where barman puts segments in the bucket."""
SEND_WITHIN = 10
"""Seconds for one segment of 16 MB; it takes about one. A stopping PostgreSQL may try six times, one after another."""


def key_file(site: Site, host: str) -> Path:
    return site.etc(host) / "wal-archive.aws"


def key_text(site: Site) -> str:
    """The key in the form of an AWS profile. PostgreSQL itself repeats, so the client tries once."""
    bucket = wal(site)
    return (
        "[default]\n"
        f"aws_access_key_id = {bucket.access_key}\n"
        f"aws_secret_access_key = {bucket.key}\n"
        f"region = {REGION}\n"
        "retry_mode = standard\n"
        "max_attempts = 1\n"
    )


def archive_command(site: Site, host: str) -> str:
    """PostgreSQL's `archive_command`; %p stands for the segment, and nothing in it is secret."""
    words = [
        "env",
        # The same file as both, so that no profile of whoever started the cluster is asked.
        f"AWS_CONFIG_FILE={key_file(site, host)}",
        f"AWS_SHARED_CREDENTIALS_FILE={key_file(site, host)}",
        # --foreground: barman stays in the archiver's process group, and ends with it.
        *("timeout", "--foreground", str(SEND_WITHIN)),
        str(Path(site.python).with_name("barman-cloud-wal-archive")),
        "--gzip",
        f"--endpoint-url={site.layout.object_endpoint}",
        f"s3://{wal(site).name}",
        SERVER,
    ]
    return shlex.join(words).replace("%", "%%") + " %p"
