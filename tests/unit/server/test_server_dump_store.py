"""Proves that a stream is measured whole however it is read, and its end looked at before it counts."""

import hashlib
import io

import pytest
from mlflow_ha_server.dump_store import Measured

BODY = bytes(range(256)) * 5


@pytest.mark.parametrize("size", [-1, 1, 100, 256, len(BODY), len(BODY) + 1])
def test_what_was_read_is_what_was_measured(size: int) -> None:
    ends: list[int] = []
    stream = Measured(io.BytesIO(BODY), lambda: ends.append(stream.size))
    got = b""
    while data := stream.read(size):
        got += data
        if size < 0:
            break
    assert got == BODY
    assert stream.size == len(BODY)
    assert stream.sha256 == hashlib.sha256(BODY).hexdigest()
    assert set(ends) == {len(BODY)}


def test_the_last_bytes_do_not_leave_before_their_end_was_looked_at() -> None:
    def broken() -> None:
        raise RuntimeError("broken off")

    stream = Measured(io.BytesIO(BODY), broken)
    assert stream.read(1000) == BODY[:1000]
    with pytest.raises(RuntimeError, match="broken off"):
        stream.read(1000)
