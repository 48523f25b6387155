"""Which keys are usable, which requests are kept, and when two requests are the same one."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow_ha_server.idempotency_keys import is_kept, keyed, shown, usable

ALPHABET = string.ascii_letters + string.digits + "_-"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
HEAD = ("k" * 16, "user", "POST", "/api/2.0/mlflow/runs/create", b"", "")


@given(st.text(ALPHABET, min_size=16, max_size=128))
def test_a_random_token_is_a_key(key: str) -> None:
    assert usable(key)


@given(
    st.text(ALPHABET, max_size=15)
    | st.text(ALPHABET, min_size=129, max_size=200)
    | st.text(min_size=16, max_size=128).filter(lambda k: not set(k) <= set(ALPHABET))
)
def test_what_is_short_long_or_has_another_character_is_none(key: str) -> None:
    assert not usable(key)


def test_a_long_key_is_repeated_in_part() -> None:
    assert shown("k" * 16) == "k" * 16
    assert shown("k" * 5000) == "k" * 40 + "..."


@given(JSON, st.integers(0, 4))
def test_json_is_compared_by_what_it_says(value: object, indent: int) -> None:
    written = json.dumps(value, sort_keys=True, indent=indent, ensure_ascii=bool(indent % 2))
    read_back = json.loads(written)
    if isinstance(read_back, dict):
        read_back = dict(reversed(read_back.items()))
    assert keyed(*HEAD, written.encode()) == keyed(*HEAD, json.dumps(read_back).encode())


@given(JSON, JSON)
def test_other_json_is_another_request(one: object, other: object) -> None:
    first, second = (json.dumps(v, sort_keys=True) for v in (one, other))
    same = keyed(*HEAD, first.encode()).content == keyed(*HEAD, second.encode()).content
    assert same == (first == second)


@given(st.binary(), st.binary())
def test_a_body_that_is_not_json_is_compared_byte_by_byte(one: bytes, other: bytes) -> None:
    one, other = b"\xff" + one, b"\xff" + other
    assert (keyed(*HEAD, one).content == keyed(*HEAD, other).content) == (one == other)


@pytest.mark.parametrize(
    "other",
    [
        ("k" * 16, "user", "PATCH", "/api/2.0/mlflow/runs/create", b"", ""),
        ("k" * 16, "user", "POST", "/api/2.0/mlflow/runs/creates", b"", ""),
        ("k" * 16, "user", "POST", "/api/2.0/mlflow/runs/create", b"a=1", ""),
        ("k" * 16, "user", "POST", "/api/2.0/mlflow/runs/create", b"", "team"),
    ],
)
def test_method_path_query_and_workspace_are_part_of_the_request(
    other: tuple[str, str, str, str, bytes, str],
) -> None:
    assert keyed(*HEAD, b"{}").content != keyed(*other, b"{}").content


def test_a_large_body_is_compared_byte_by_byte_whatever_it_is() -> None:
    spaces = [b" " * n + b"{}" for n in (200_000, 200_001, 300_000, 300_001)]
    small, small_again, large, larger = (keyed(*HEAD, body).content for body in spaces)
    assert small == small_again
    assert large != larger


def test_a_body_nested_too_deep_to_be_read_is_no_error() -> None:
    assert keyed(*HEAD, b"[" * 100_000).content


def test_the_key_itself_is_not_in_what_is_stored() -> None:
    assert b"k" * 16 not in keyed(*HEAD, b"{}").key


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/2.0/mlflow/runs/create"),
        ("POST", "/ajax-api/3.0/mlflow/traces"),
        ("PATCH", "/api/2.0/mlflow/registered-models/update"),
        ("DELETE", "/prefix/api/2.0/mlflow/model-versions/delete"),
    ],
)
def test_what_changes_something_is_kept(method: str, path: str) -> None:
    assert is_kept(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/2.0/mlflow/runs/get"),
        ("POST", "/api/2.0/mlflow/runs/log-metric"),
        ("POST", "/api/2.0/mlflow/runs/log-batch"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/x"),
        ("POST", "/ajax-api/2.0/mlflow/upload-artifact"),
        ("POST", "/v1/traces"),
    ],
)
def test_what_changes_nothing_or_may_be_done_twice_or_is_a_transfer_is_not(
    method: str, path: str
) -> None:
    assert not is_kept(method, path)
