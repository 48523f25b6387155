"""Whether every page on a PostgreSQL host's disk still has its checksum."""

from __future__ import annotations

import subprocess

from local.hosts import Host
from local.layout import POSTGRES
from local.site import Site

READ_WITHIN = 120.0


def damage(site: Site, host: Host) -> str | None:
    """Read the whole data folder as a base backup does, and keep nothing of it.

    A running server is asked: it may serve for months from memory and never look at a page again.

    Returns:
        What is wrong, or None.
    """
    log = site.log(host.name) / "checksums.log"
    log.unlink(missing_ok=True)
    where = [f"--host={host.address}", f"--port={POSTGRES}", "--username=replicator"]
    how = ["--target=blackhole", "--wal-method=none", "--checkpoint=fast", "--no-password"]
    command = [str(site.programs.postgres / "pg_basebackup"), *where, *how]
    secret = {"PGPASSWORD": site.passwords.postgres_replication}
    reading = host.run(command, secret, log)
    try:
        code = reading.wait(timeout=READ_WITHIN)
    except subprocess.TimeoutExpired:
        reading.kill()
        return f"{host.name} was not read within {READ_WITHIN:g} s"
    return None if code == 0 else log.read_text(errors="replace").strip()
