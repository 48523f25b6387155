"""Proves which dump is the newest, and that a damaged one is known before its last bytes are given.

S3 is moto's.
"""

import pytest
from mlflow_ha_server.dump_store import DumpStore, DumpStoreError

from tests.cluster.server.dumps import DUMPS, manifest_of
from tests.cluster.server.simple_storage import SimpleStorage


def test_the_newest_is_the_newest_that_is_complete(store: SimpleStorage) -> None:
    def pair(name: str, body: bytes, folder: str = "mlflow") -> dict[str, bytes]:
        there = f"dumps/{folder}/{name}"
        return {f"{there}.json": manifest_of(name, b"body"), f"{there}.dump": body}

    store.fill(
        {
            **pair("20260101T000000Z", b"body"),
            **pair("20260102T000000Z", b"body"),
            # Begun, never finished.
            "dumps/mlflow/29990101T000000Z.dump": b"body",
            # Replicated in part.
            "dumps/mlflow/29980101T000000Z.json": manifest_of("29980101T000000Z", b"body"),
            **pair("29970101T000000Z", b"bo"),
            # Another stack's.
            **pair("29960101T000000Z", b"body", "mlflow-too"),
            # Whatever lies deeper is somebody else's, and need not be of our kind.
            "dumps/mlflow/too/29950101T000000Z.json": b"{}",
        }
    )
    dumps = DumpStore(DUMPS)
    assert dumps.newest().name == "20260102T000000Z"
    assert dumps.named("20260101T000000Z").name == "20260101T000000Z"
    with pytest.raises(DumpStoreError, match="NoSuchKey"):
        dumps.named("29990101T000000Z")


def test_the_last_bytes_are_withheld_until_all_are_known_to_be_right(store: SimpleStorage) -> None:
    """Else pg_restore could commit a damaged dump before it is told to stop."""
    name, body = "20260101T000000Z", bytes(range(256)) * (3 << 12)
    dump = {f"dumps/mlflow/{name}.dump": body}
    store.fill({**dump, f"dumps/mlflow/{name}.json": manifest_of(name, body)})
    dumps, passed = DumpStore(DUMPS), list[bytes]()
    assert b"".join(dumps.chunks(dumps.newest())) == body
    store.fill({**dump, f"dumps/mlflow/{name}.json": manifest_of(name, body, sha256="0" * 64)})
    with pytest.raises(DumpStoreError, match="it is damaged"):
        passed.extend(dumps.chunks(dumps.newest()))
    assert body.startswith(b"".join(passed))
    assert sum(map(len, passed)) < len(body)


def test_what_is_no_manifest_is_refused_by_name(store: SimpleStorage) -> None:
    store.fill({"dumps/mlflow/20260101T000000Z.json": b"{}"})
    wrong = r"20260101T000000Z\.json: is not a manifest of a dump \(name: Field required"
    with pytest.raises(DumpStoreError, match=wrong):
        DumpStore(DUMPS).newest()
