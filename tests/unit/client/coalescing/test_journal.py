"""What a call left on disk is sent by somebody, once its process is dead."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow_ha.coalescing.journal import Journal, adopt
from mlflow_ha.errors import SpoolError
from mlflow_ha.spool.folder import Folder, opened

from tests.unit.client.coalescing.said import logged, metric

AT_ONCE, LATER = 0.0, 3600.0


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, "http://server")


def journal_in(folder: Folder, window: float) -> Journal:
    return Journal(folder, window, lambda _: None)


def killed(journal: Journal) -> None:
    """What the system does for a dead process."""
    assert journal._owner
    journal._owner.close()


def adopted(folder: Folder) -> list[float]:
    """The values in the spool, once whatever was left behind has been adopted."""
    adopt(folder)
    with opened(folder) as contents:
        return [operation.message.parameters["value"] for operation in contents.log.all()]


def files(folder: Folder) -> list[str]:
    return sorted(path.name for path in (folder.path / "journals").glob("*"))


def test_without_a_window_each_call_is_on_disk_before_it_returns(folder: Folder) -> None:
    journal = journal_in(folder, AT_ONCE)
    for value in range(5):
        journal.note(logged(metric("r", "m", value)))
        journal.write_if_due()
    killed(journal)
    assert adopted(folder) == list(range(5))


def test_at_the_return_of_a_call_nothing_older_than_the_window_is_in_memory_alone(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the system never lets the timer's thread run."""
    monkeypatch.setattr(threading.Timer, "start", lambda _: None)
    journal, window = journal_in(folder, 0.02), 0.02
    returned: list[float] = []
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        journal.note(logged(metric("r", "m", len(returned))))
        journal.write_if_due()
        returned.append(time.monotonic())
    killed(journal)
    kept = adopted(folder)
    assert kept == list(range(len(kept)))
    promised = [moment for moment in returned if moment < returned[-1] - window]
    assert len(kept) >= len(promised) > 0


def test_the_last_call_reaches_the_disk_without_another_one(folder: Folder) -> None:
    journal = journal_in(folder, 0.01)
    journal.note(logged(metric("r", "m", 1)))
    until = time.monotonic() + 20
    while journal._fresh:
        assert time.monotonic() < until, "never written"
        time.sleep(0.005)
    with journal._writing:  # taken from memory, and by now on disk
        killed(journal)
    assert adopted(folder) == [1]


def test_what_was_sent_is_not_sent_again(folder: Folder) -> None:
    journal = journal_in(folder, AT_ONCE)
    both = [logged(metric("r", "m", value)) for value in (1, 2)]
    for one in both:
        journal.note(one)
        journal.write_if_due()
    journal.strike(both[:1])
    killed(journal)
    assert adopted(folder) == [2]


def test_what_is_sent_before_it_is_due_never_reaches_the_disk(folder: Folder) -> None:
    journal = journal_in(folder, LATER)
    one = logged(metric("r", "m", 1))
    journal.note(one)
    journal.strike([one])
    journal.close()
    assert files(folder) == []


def test_what_could_not_be_sent_at_the_end_is_left_on_disk(folder: Folder) -> None:
    journal = journal_in(folder, LATER)
    journal.note(logged(metric("r", "m", 1)))
    journal.close()
    assert adopted(folder) == [1]


def test_a_full_disk_is_not_told_to_whom_a_call_succeeded(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_in(folder, AT_ONCE)
    one = logged(metric("r", "m", 1))
    journal.note(one)
    journal.write_if_due()
    monkeypatch.setattr("mlflow_ha.spool.database.Database.transaction", full)
    journal.strike([one])


def full(_: object) -> None:
    raise SpoolError("the disk is full")


def test_the_journal_of_a_process_that_lives_is_left_alone(folder: Folder) -> None:
    journal = journal_in(folder, AT_ONCE)
    journal.note(logged(metric("r", "m", 1)))
    journal.write_if_due()
    assert adopted(folder) == []
    assert len([name for name in files(folder) if name.endswith(".db")]) == 1
    journal.close()


def test_nothing_is_left_of_a_journal_that_ended_well_or_was_adopted(folder: Folder) -> None:
    for end in (Journal.close, killed):
        journal = journal_in(folder, AT_ONCE)
        one = logged(metric("r", "m", 1))
        journal.note(one)
        journal.write_if_due()
        if end is Journal.close:
            journal.strike([one])
        end(journal)
        adopt(folder)
        assert files(folder) == []


def test_who_adopts_and_dies_before_the_file_is_gone_doubles_nothing(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_in(folder, AT_ONCE)
    journal.note(logged(metric("r", "m", 1)))
    journal.write_if_due()
    killed(journal)
    monkeypatch.setattr("mlflow_ha.coalescing.journal._remove", died)
    with pytest.raises(SystemExit):
        adopt(folder)
    monkeypatch.undo()
    assert adopted(folder) == [1]


def died(path: Path) -> None:
    raise SystemExit(path)


def test_a_journal_that_cannot_be_read_is_set_aside(folder: Folder) -> None:
    journal = journal_in(folder, AT_ONCE)
    journal.note(logged(metric("r", "m", 1)))
    journal.write_if_due()
    killed(journal)
    assert journal._path
    journal._path.write_bytes(b"nothing of SQLite's" * 100)
    for part in ("-wal", "-shm"):
        Path(f"{journal._path}{part}").unlink(missing_ok=True)
    assert adopted(folder) == []
    assert [path.name for path in folder.set_aside.iterdir()] == [journal._path.name]


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
