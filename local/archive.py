"""The archive of the WAL: how far the primary has got with it, and what lies in its bucket."""

from __future__ import annotations

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterator

import psycopg2

from local import buckets, wal_names
from local.database import cursor
from local.hosts import Host
from local.services.wal_archive import FOLDER
from local.site import Site
from local.status import ArchiveStatus

ANSWER_WITHIN = 5.0
PROGRESS = """
    SELECT archived_count, failed_count, coalesce(last_archived_wal, ''),
        coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
        (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')
    FROM pg_stat_archiver
"""
SWITCH = "SELECT pg_walfile_name(pg_switch_wal())"


def progress(site: Site, primary: Host) -> ArchiveStatus | None:
    """How far a primary has got with its archive; None if it does not answer."""
    try:
        with cursor(site, primary, within=ANSWER_WITHIN) as database:
            database.execute(PROGRESS)
            archived, failed, last, failing, waiting = database.fetchone()
    except psycopg2.Error:
        return None
    return ArchiveStatus(
        archived=archived, failed=failed, last=last, failing=failing, waiting=waiting
    )


def close_segment(site: Site, primary: Host) -> str:
    """Have the primary close its segment now, so that it is archived, and return its name."""
    with cursor(site, primary, within=ANSWER_WITHIN) as database:
        database.execute(SWITCH)
        [name] = database.fetchone()
    return str(name)


class WalArchive:
    """What barman's program has put into the bucket, as whoever has its key reads it."""

    def __init__(self, site: Site) -> None:
        self._bucket = buckets.wal(site)
        self._store = buckets.connect(site, self._bucket)

    def names(self) -> set[str]:
        """Of all files: segments, histories of timelines, a parent's last segment (`.partial`)."""
        return {_name(key) for key, _version in self._versions()}

    def gaps(self, first: str, last: str) -> list[str]:
        """What a restore from the segment `first` to the segment `last` would miss."""
        stored = {_name(key): key for key, _version in self._versions()}
        histories = {
            int(found[1], 16): self._content(key).decode()
            for name, key in stored.items()
            if (found := wal_names.HISTORY.match(name))
        }
        return wal_names.gaps(stored.keys(), histories, first=first, last=last)

    def overwritten(self) -> list[str]:
        """Names under which different contents were stored one after the other."""
        versions = defaultdict(list)
        for key, version in self._versions():
            versions[key].append(version)
        return [
            _name(key)
            for key, stored in versions.items()
            if len(stored) > 1
            and len({hashlib.sha256(self._content(key, version)).digest() for version in stored})
            > 1
        ]

    def _versions(self) -> Iterator[tuple[str, str]]:
        pages = self._store.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket.name, Prefix=f"{FOLDER}/"):
            for item in page.get("Versions", []):
                yield item["Key"], item["VersionId"]

    def _content(self, key: str, version: str | None = None) -> bytes:
        which = {"VersionId": version} if version else {}
        answer = self._store.get_object(Bucket=self._bucket.name, Key=key, **which)
        return gzip.decompress(answer["Body"].read())


def _name(key: str) -> str:
    return key.rsplit("/", 1)[1].removesuffix(".gz")
