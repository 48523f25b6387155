"""What predictions are worth. Pure; a figure that cannot be had is left out, never made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlflow_ha.managers.failures import refusal

METRICS = ("accuracy", "auroc", "f1_score", "precision", "recall")
NOTICEABLE = 0.01
"""Differences up to this count as none."""
ENOUGH_TO_ACCEPT = 2
_SURE = 0.5


def labels_of(test_data: Any) -> Any:
    """Return the true classes as a flat array.

    Raises:
        ValueError: The data cannot be compared with.
        RegistryException: A package is missing.
    """
    if not isinstance(test_data, Mapping) or not {"features", "labels"} <= set(test_data):
        raise ValueError(
            "test_data needs 'features' and 'labels', such as {'features': X, 'labels': y}; it is "
            f"{list(test_data) if isinstance(test_data, Mapping) else type(test_data).__name__}"
        )
    _, multiclass, _ = _libraries()
    labels = _flat(test_data["labels"])
    if labels is None or not len(labels):
        raise ValueError("test_data['labels'] needs one class a row, and at least one row")
    kind = multiclass.type_of_target(labels)
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"test_data['labels'] is {kind}: only classes can be compared here. For other models, "
            "use mlflow.models.evaluate"
        )
    return labels


def metrics_of(model: str, labels: Any, predictions: Any) -> dict[str, float]:
    """Return what a classifier's predictions are worth.

    Args:
        model: Named in errors.
        labels: From `labels_of`.
        predictions: Classes, or the probabilities of class 1.

    Returns:
        The metrics of `METRICS`, weighted by the classes' sizes where there is a choice; `auroc`
        only where there are probabilities, and both classes among the labels.

    Raises:
        RegistryException: The predictions cannot be judged.
    """
    np, _, metrics = _libraries()
    given = _flat(predictions)
    if given is None or len(given) != len(labels):
        raise refusal(
            f"{model} has no metrics: it gave {np.shape(predictions)} predictions for "
            f"{len(labels)} rows. One class, or one probability, a row is needed"
        )
    scores = _probabilities(model, given, labels)
    classes = given if scores is None else (scores >= _SURE).astype(labels.dtype)
    weighted: dict[str, Any] = {"average": "weighted", "zero_division": 0.0}
    try:
        found = {
            "accuracy": metrics.accuracy_score(labels, classes),
            "f1_score": metrics.f1_score(labels, classes, **weighted),
            "precision": metrics.precision_score(labels, classes, **weighted),
            "recall": metrics.recall_score(labels, classes, **weighted),
        }
    except (TypeError, ValueError) as error:
        raise refusal(f"{model} has no metrics: {error}") from error
    if scores is not None and len(np.unique(labels)) == 2:  # noqa: PLR2004  (both classes)
        found["auroc"] = metrics.roc_auc_score(labels, scores)
    return {name: float(value) for name, value in found.items()}


def improvements(baseline: Mapping[str, float], candidate: Mapping[str, float]) -> dict[str, float]:
    """Return by how much the candidate is better, for each metric that both have."""
    return {name: candidate[name] - baseline[name] for name in baseline if name in candidate}


def recommendation(differences: Mapping[str, float]) -> str:
    """Return ACCEPT, REVIEW or REJECT.

    REJECT where anything got noticeably worse or nothing better; ACCEPT where two metrics or more
    got better; REVIEW where only one did.
    """
    better = sum(difference > NOTICEABLE for difference in differences.values())
    if any(difference < -NOTICEABLE for difference in differences.values()) or not better:
        return "REJECT"
    return "ACCEPT" if better >= ENOUGH_TO_ACCEPT else "REVIEW"


def _libraries() -> tuple[Any, Any, Any]:
    """NumPy and two modules of scikit-learn, which only a comparison needs."""
    try:
        import numpy as np  # noqa: PLC0415
        from sklearn import metrics  # noqa: PLC0415
        from sklearn.utils import multiclass  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise refusal(
            f"comparing models needs {missing.name}. Install scikit-learn and mlflow"
        ) from missing
    return np, multiclass, metrics


def _flat(values: Any) -> Any | None:
    """An array of one dimension, None where there are more."""
    np, _, _ = _libraries()
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:  # noqa: PLR2004  (a table of one column)
        array = array[:, 0]
    return array if array.ndim == 1 else None


def _probabilities(model: str, given: Any, labels: Any) -> Any | None:
    """The predictions, if they are probabilities; None where they are classes."""
    np, _, _ = _libraries()
    if given.dtype.kind != "f":
        return None
    if not np.isfinite(given).all():
        raise refusal(f"{model} has no metrics: some of its predictions are no finite numbers")
    if (given == np.rint(given)).all():
        return None
    if given.min() < 0 or given.max() > 1 or not set(np.unique(labels)) <= {0, 1}:
        raise refusal(
            f"{model} has no metrics: its predictions, from {given.min():g} to {given.max():g}, are "
            "neither classes nor probabilities of class 1 for labels 0 and 1"
        )
    return given
