"""Proves which database errors pass by themselves, by SQLSTATE and by text."""

import pytest
from mlflow_ha_server.symptoms import REMEDY, Kind, Symptom, aborted_for_certain, classify


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("25006", Kind.READ_ONLY), ("57P01", Kind.CONNECTION_LOST), ("57P02", Kind.CONNECTION_LOST),
        ("57P03", Kind.UNREACHABLE), ("53300", Kind.TOO_MANY_CONNECTIONS),
        ("40001", Kind.SERIALIZATION), ("40P01", Kind.DEADLOCK), ("08006", Kind.CONNECTION_LOST),
        ("08P01", Kind.CONNECTION_LOST),
        # Errors of the request or of its data: no retry cures them.
        ("23505", None), ("22001", None), ("42P01", None), ("42501", None), ("57014", None),
        ("53100", None),
    ],
)  # fmt: skip
def test_an_sqlstate_decides(state: str, kind: Kind | None) -> None:
    assert classify(Symptom(state, "whatever")) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ERROR:  query_wait_timeout", Kind.POOLER),
        ("FATAL:  server login failed: FATAL the database system is starting up", Kind.POOLER),
        ("server login has been failing, try again later (server_login_retry)", Kind.POOLER),
        ("FATAL:  pgbouncer cannot connect to server", Kind.POOLER),
        ("connection to server failed: Connection refused", Kind.UNREACHABLE),
        ("connection to server failed: timeout expired", Kind.UNREACHABLE),
        ("FATAL:  sorry, too many clients already", Kind.TOO_MANY_CONNECTIONS),
        ("connection to server failed: session is read-only", Kind.READ_ONLY),
        ('FATAL:  password authentication failed for user "mlflow_app"', None),
        ('FATAL:  database "mlflow" does not exist', None),
        ('FATAL:  role "mlflow_app" does not exist', None),
    ],
)
def test_a_failed_connection_is_known_by_its_text(text: str, kind: Kind | None) -> None:
    assert classify(Symptom(None, text, connecting=True)) == kind


def test_a_statement_that_quotes_a_word_of_the_pooler_is_not_the_pooler() -> None:
    assert classify(Symptom("23505", "Key (name)=(x) already exists")) is None


@pytest.mark.parametrize("state", ["23505", "40001", "40P01", "25006", "53100"])
def test_an_error_in_reply_to_commit_means_nothing_was_committed(state: str) -> None:
    assert aborted_for_certain(Symptom(state, ""))


@pytest.mark.parametrize("state", [None, "57P01", "57P02", "08006", "08P01", "40003", "XX000"])
def test_a_commit_without_a_clear_refusal_is_in_doubt(state: str | None) -> None:
    assert not aborted_for_certain(Symptom(state, ""))


def test_every_kind_says_what_happened() -> None:
    assert set(REMEDY) == set(Kind)
