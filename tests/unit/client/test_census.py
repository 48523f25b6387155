"""How much waits is read from disk, for all processes, without disturbing who writes there."""

import time
from pathlib import Path

import pytest
from mlflow_ha.census import Queue, queue_of, queues
from mlflow_ha.errors import SpoolError
from mlflow_ha.message import Message
from mlflow_ha.spool.folder import Folder, opened

ONE, OTHER = "http://127.0.0.1:1", "http://127.0.0.1:2"


def keep(root: Path, server: str, operations: int, refused: int = 0) -> Folder:
    folder = Folder(root, server)
    with opened(folder) as contents:
        for number in range(operations + refused):
            message = Message("LogMetric", "POST", "/x", {"step": number})
            contents.log.append(message, {}, process=1)
        for operation in contents.log.all()[:refused]:
            contents.log.refuse(operation.number, "no")
    return folder


def test_nothing_waits_where_nothing_was_kept(tmp_path: Path) -> None:
    assert queues(tmp_path / "none") == []
    assert queue_of(tmp_path / "none", ONE) == Queue(ONE, 0, 0, 0.0)


def test_what_waits_and_what_was_refused_is_counted_apart(tmp_path: Path) -> None:
    keep(tmp_path, ONE, 3, refused=2)
    keep(tmp_path, OTHER, 1)
    queue = queue_of(tmp_path, ONE)
    assert (queue.waiting, queue.refused) == (3, 2)
    assert {q.server: q.waiting for q in queues(tmp_path)} == {ONE: 3, OTHER: 1}


def test_the_oldest_that_waits_has_an_age_and_a_refused_one_has_none(tmp_path: Path) -> None:
    folder = keep(tmp_path, ONE, 2, refused=1)
    with opened(folder) as contents, contents.database.transaction() as do:
        do.execute("UPDATE operation SET at = ? WHERE refusal IS NOT NULL", (time.time() - 5000,))
        do.execute("UPDATE operation SET at = ? WHERE number = 2", (time.time() - 100,))
    assert 100 <= queue_of(tmp_path, ONE).oldest_seconds < 1000
    keep(tmp_path, OTHER, 0, refused=1)
    assert queue_of(tmp_path, OTHER).oldest_seconds == 0


def test_it_is_read_while_another_writes(tmp_path: Path) -> None:
    folder = keep(tmp_path, ONE, 2)
    with opened(folder) as contents, contents.database.transaction():
        contents.log.append(Message("LogMetric", "POST", "/x"), {}, process=1)
        assert queue_of(tmp_path, ONE).waiting == 2
    assert queue_of(tmp_path, ONE).waiting == 3


def test_a_damaged_spool_is_said_to_be_so_and_left_as_it_is(tmp_path: Path) -> None:
    folder = keep(tmp_path, ONE, 2)
    path = folder.path / "spool.db"
    path.write_bytes(b"not a database, and longer than a header of one" * 10)
    before = path.read_bytes()
    with pytest.raises(SpoolError, match="mlflow-ha doctor"):
        queues(tmp_path)
    assert path.read_bytes() == before
