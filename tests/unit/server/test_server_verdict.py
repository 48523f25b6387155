"""Proves that a request is called repeatable only if nothing of it can have been committed.

Pure: histories are written by hand or by hypothesis. That the journal writes true
histories is test_server_journal.py's and tests/cluster/server's to prove.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow_ha_server.symptoms import Kind, Symptom
from mlflow_ha_server.verdict import (
    Committing,
    Entry,
    Failed,
    OutcomeUnknown,
    PassThrough,
    PoolTimedOut,
    Retryable,
    RolledBack,
    Wrote,
    judge,
)

READ_ONLY = Symptom("25006", "cannot execute INSERT in a read-only transaction")
LOST = Symptom(None, "server closed the connection unexpectedly", disconnect=True)
SHUTDOWN = Symptom("57P01", "terminating connection due to administrator command", disconnect=True)
DUPLICATE = Symptom("23505", "duplicate key value", operational=False)


def failed(symptom: Symptom, *, statement: bool = True, connection: int | None = 0) -> Failed:
    return Failed(connection, symptom, statement)


def test_a_success_stands_whatever_failed_on_the_way() -> None:
    assert judge([Wrote(0), failed(LOST)], 200) == PassThrough()


def test_an_error_without_a_failure_of_the_database_stands() -> None:
    assert judge([Wrote(0), RolledBack(0)], 404) == PassThrough()
    assert judge([Wrote(0), failed(DUPLICATE), RolledBack(0)], 400) == PassThrough()


def test_a_refused_write_may_be_repeated() -> None:
    history: list[Entry] = [Wrote(0), failed(READ_ONLY), RolledBack(0)]
    assert judge(history, 400) == Retryable(Kind.READ_ONLY)


def test_a_connection_lost_before_commit_may_be_repeated() -> None:
    assert judge([Wrote(0), failed(LOST)], 503) == Retryable(Kind.CONNECTION_LOST)


def test_a_pool_time_out_may_be_repeated() -> None:
    assert judge([PoolTimedOut()], 400) == Retryable(Kind.POOL_TIMEOUT)


def test_a_connection_lost_during_the_commit_of_a_write_is_of_unknown_outcome() -> None:
    history: list[Entry] = [Wrote(0), Committing(0), failed(LOST, statement=False), RolledBack(0)]
    assert judge(history, 503) == OutcomeUnknown(Kind.CONNECTION_LOST)


def test_a_shutdown_during_commit_is_of_unknown_outcome_for_the_commit_may_stand() -> None:
    history: list[Entry] = [Wrote(0), Committing(0), failed(SHUTDOWN, statement=False)]
    assert judge(history, 503) == OutcomeUnknown(Kind.CONNECTION_LOST)


def test_a_connection_lost_during_the_commit_of_a_read_may_be_repeated() -> None:
    history: list[Entry] = [Committing(0), failed(LOST, statement=False)]
    assert judge(history, 503) == Retryable(Kind.CONNECTION_LOST)


def test_a_commit_the_server_itself_rolled_back_may_be_repeated() -> None:
    abort = Symptom("40001", "could not serialize access")
    history: list[Entry] = [Wrote(0), Committing(0), failed(abort, statement=False)]
    assert judge(history, 503) == Retryable(Kind.SERIALIZATION)


def test_a_deferred_constraint_at_commit_is_the_requests_own_error() -> None:
    history: list[Entry] = [Wrote(0), Committing(0), failed(DUPLICATE, statement=False)]
    assert judge(history, 400) == PassThrough()


def test_a_failure_after_an_earlier_committed_write_is_of_unknown_outcome() -> None:
    history: list[Entry] = [Wrote(0), Committing(0), Wrote(1), failed(READ_ONLY, connection=1)]
    assert judge(history, 400) == OutcomeUnknown(Kind.READ_ONLY)
    same_connection: list[Entry] = [Wrote(0), Committing(0), failed(LOST)]
    assert judge(same_connection, 503) == OutcomeUnknown(Kind.CONNECTION_LOST)


def test_a_failure_to_connect_after_a_committed_write_is_of_unknown_outcome() -> None:
    unreachable = Symptom(None, "could not connect", connecting=True)
    history: list[Entry] = [
        Wrote(0),
        Committing(0),
        failed(unreachable, connection=None, statement=False),
    ]
    assert judge(history, 503) == OutcomeUnknown(Kind.UNREACHABLE)


def test_a_rolled_back_write_does_not_taint_the_next_commit() -> None:
    history: list[Entry] = [Wrote(0), RolledBack(0), Committing(0), failed(LOST, statement=False)]
    assert judge(history, 503) == Retryable(Kind.CONNECTION_LOST)


ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    st.builds(Wrote, st.integers(0, 2)),
    st.builds(Committing, st.integers(0, 2)),
    st.builds(RolledBack, st.integers(0, 2)),
    st.builds(PoolTimedOut),
    st.builds(
        Failed,
        st.none() | st.integers(0, 2),
        st.sampled_from([READ_ONLY, LOST, SHUTDOWN, DUPLICATE]),
        st.booleans(),
    ),
)


@given(st.lists(ENTRIES, max_size=12), st.sampled_from([400, 401, 404, 500, 503]))
def test_repeatable_never_follows_a_write_whose_commit_was_sent_and_not_refused(
    history: list[Entry], status: int
) -> None:
    if not isinstance(judge(history, status), Retryable):
        return
    dirty: set[int] = set()
    for position, entry in enumerate(history):
        match entry:
            case Wrote(connection):
                dirty.add(connection)
            case RolledBack(connection):
                dirty.discard(connection)
            case Committing(connection) if connection in dirty:
                dirty.discard(connection)
                later = [e for e in history[position + 1 :] if _concerns(e, connection)]
                # Only a refusal by the server, as the very next word, undoes a COMMIT.
                answer = next((e for e in later if not isinstance(e, RolledBack)), None)
                assert isinstance(answer, Failed)
                assert answer.symptom is DUPLICATE or answer.symptom is READ_ONLY
                assert not answer.has_statement


def _concerns(entry: Entry, connection: int) -> bool:
    return not isinstance(entry, PoolTimedOut) and entry.connection == connection


@given(st.lists(ENTRIES, max_size=12), st.integers(100, 399))
def test_an_answer_below_400_is_never_touched(history: list[Entry], status: int) -> None:
    assert judge(history, status) == PassThrough()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
def test_mlflows_choice_of_error_does_not_matter(status: int) -> None:
    assert judge([failed(READ_ONLY)], status) == Retryable(Kind.READ_ONLY)
