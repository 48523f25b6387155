"""Local names are found wherever they occur, and nothing else is changed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from mlflow_ha.message import Message
from mlflow_ha.spool import naming
from mlflow_ha.spool.names import Name

words = st.text(st.characters(codec="utf-8", exclude_characters="0123456789abcdef"), max_size=8)


def replaced(value: Any, *names: Name) -> Any:
    return naming.replaced(value, naming.translation(names))


def test_a_name_is_found_at_any_depth_and_inside_of_text() -> None:
    run, model = naming.new_run_id(), naming.new_model_id()
    place = f"mlflow-artifacts:/1/{run}/artifacts"
    content = {
        "run_id": run,
        "tags": [{"key": "mlflow.parentRunId", "value": run}],
        "model_json": f'{{"run_id": "{run}", "model_id": "{model}"}}',
        "source": f"{place}/model",
        "value": 3,
    }
    assert naming.candidates(Message("X", "POST", "/", content)) == {run, model}
    assert replaced(content, Name(run, "R", place, "s3://b/R"), Name(model, "M")) == {
        "run_id": "R",
        "tags": [{"key": "mlflow.parentRunId", "value": "R"}],
        "model_json": '{"run_id": "R", "model_id": "M"}',
        "source": "s3://b/R/model",
        "value": 3,
    }


def test_names_of_every_kind_look_like_names() -> None:
    made = {
        naming.new_run_id(),
        naming.new_model_id(),
        naming.new_experiment_id(),
        naming.new_version(),
    }
    assert naming.candidates(Message("X", "POST", "/", {"of": list(made)})) == made


def test_a_name_that_the_server_does_not_have_yet_stays() -> None:
    run = naming.new_run_id()
    assert replaced(f"runs:/{run}/model", Name(run)) == f"runs:/{run}/model"


def test_a_number_is_not_found_inside_of_a_longer_one() -> None:
    assert replaced("models:/m/20000000011", Name("2000000001", "7")) == "models:/m/20000000011"
    assert replaced("models:/m/2000000001", Name("2000000001", "7")) == "models:/m/7"


@given(before=words, after=words)
def test_text_around_a_name_stays(before: str, after: str) -> None:
    run = naming.new_run_id()
    around = f"{before} {run} {after}"
    assert naming.candidates_in(around) == {run}
    assert replaced(around, Name(run, "REMOTE")) == f"{before} REMOTE {after}"


@given(st.recursive(words | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)))
def test_what_holds_no_name_stays_as_it_is(value: Any) -> None:
    assert replaced(value, Name(naming.new_run_id(), "REMOTE")) == value


def test_an_answer_teaches_what_the_caller_was_told_otherwise() -> None:
    told = {"run": {"info": {"run_id": "local", "artifact_uri": "a:/local"}}}
    answer = {"run": {"info": {"run_id": "remote", "artifact_uri": "s3://remote"}}}
    assert naming.learnt("CreateRun", told, answer) == [
        Name("local", "remote", "a:/local", "s3://remote")
    ]
    assert naming.learnt("LogMetric", {}, {}) == []


def test_local_versions_are_above_any_real_one_and_fit_their_column() -> None:
    for _ in range(100):
        version = naming.new_version()
        assert naming.is_local_version(version)
        assert int(version) < 2**31
    assert not naming.is_local_version("12")
