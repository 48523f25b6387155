"""A comparison measures what predictions allow, exactly, and makes no figure up."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow_ha import RegistryException
from mlflow_ha.managers.comparison import improvements, labels_of, metrics_of, recommendation

LABELS = [1, 1, 1, 0]


def measured(predictions: Any, labels: Any = LABELS) -> dict[str, float]:
    return metrics_of("m", labels_of({"features": [0], "labels": labels}), predictions)


def test_classes_are_measured_exactly_and_have_no_area_under_a_curve() -> None:
    found = measured([1, 1, 0, 0])
    assert found == {
        "accuracy": 0.75,
        "precision": pytest.approx(0.75 * 1 + 0.25 * 0.5),
        "recall": pytest.approx(0.75 * 2 / 3 + 0.25 * 1),
        "f1_score": pytest.approx(0.75 * 0.8 + 0.25 * 2 / 3),
    }
    json.dumps(found)  # plain numbers


def test_probabilities_are_measured_by_their_order_too() -> None:
    found = measured([0.9, 0.8, 0.1, 0.3])
    assert found["accuracy"] == 0.75
    assert found["auroc"] == pytest.approx(2 / 3)


def test_there_is_no_area_under_a_curve_where_all_rows_are_of_one_class() -> None:
    assert "auroc" not in measured([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 1])


@pytest.mark.parametrize(
    "predictions",
    [[1, 1, 0, 0], np.array([[1], [1], [0], [0]]), pd.Series([1, 1, 0, 0]), pd.DataFrame({"p": [1, 1, 0, 0]}), [1.0, 1.0, 0.0, 0.0]],
    ids=["list", "column", "series", "table", "whole floats"],
)  # fmt: skip
def test_predictions_come_in_any_form_that_has_one_a_row(predictions: Any) -> None:
    assert measured(predictions) == measured([1, 1, 0, 0])


def test_classes_may_be_words() -> None:
    assert measured(["a", "b", "a", "a"], ["a", "b", "b", "a"])["accuracy"] == 0.75


@pytest.mark.parametrize(
    ("predictions", "reason"),
    [
        ([1, 1], "gave (2,) predictions for 4 rows"),
        ([[0.1, 0.9]] * 4, "gave (4, 2) predictions for 4 rows"),
        ({"prediction": 0}, "gave () predictions for 4 rows"),
        ([0.5, 0.5, 0.5, float("nan")], "no finite numbers"),
        ([3.5, 1.5, 0.5, 0.5], "from 0.5 to 3.5, are neither classes nor probabilities"),
        (["a", "b", "a", "b"], "has no metrics"),
    ],
)
def test_predictions_that_cannot_be_judged_are_refused_by_name(
    predictions: Any, reason: str
) -> None:
    with pytest.raises(RegistryException, match=r"^m has no metrics") as refused:
        measured(predictions)
    assert reason in refused.value.message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"features": [1]}, r"needs 'features' and 'labels'.*it is \['features'\]"),
        ([1, 2], "it is list"),
        ({"features": [], "labels": []}, "at least one row"),
        ({"features": [1], "labels": [[1, 0]]}, "one class a row"),
        ({"features": [1], "labels": [0.1, 0.25, 3.7]}, "is continuous: only classes"),
    ],
)
def test_data_that_cannot_be_compared_with_is_refused(data: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        labels_of(data)


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ({"a": 0.02, "b": 0.02}, "ACCEPT"),
        ({"a": 0.02, "b": 0.01}, "REVIEW"),
        ({"a": 0.01, "b": 0.01}, "REJECT"),
        ({"a": 0.5, "b": 0.5, "c": -0.02}, "REJECT"),
        ({"a": 0.02, "b": 0.02, "c": -0.01}, "ACCEPT"),
        ({}, "REJECT"),
    ],
)
def test_a_recommendation_follows_from_the_differences(
    differences: dict[str, float], expected: str
) -> None:
    assert recommendation(differences) == expected


def test_only_metrics_that_both_have_are_compared() -> None:
    assert improvements({"a": 1.0, "b": 2.0}, {"a": 1.5, "c": 9.0}) == {"a": 0.5}
