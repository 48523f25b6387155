"""Trains a digit classifier, tracks it in MLflow, registers it and proves it can be loaded back.

An ordinary training script: it knows the stock MLflow client and nothing of mlflow-ha.

    export MLFLOW_TRACKING_URI=http://… MLFLOW_TRACKING_USERNAME=… MLFLOW_TRACKING_PASSWORD=…
    python examples/train.py --rounds 50
"""

# ruff: noqa: INP001  (a script to copy, not a package)
from __future__ import annotations

import argparse
import os
import sys
from typing import Any, NamedTuple

import matplotlib as mpl
import mlflow
import numpy as np
import sklearn
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, log_loss
from sklearn.model_selection import train_test_split

mpl.use("Agg")
from matplotlib import pyplot as plt

ALIAS = "champion"
FIGURE = "confusion_matrix.png"
LEARNING_RATE = 0.01


class MismatchError(Exception):
    """What the server gave back is not what was logged."""


class Digits(NamedTuple):
    """Images of handwritten digits, 64 pixels each, and the digits they show."""

    train_x: Any
    test_x: Any
    train_y: Any
    test_y: Any


def main() -> int:
    """Run the script; the exit code is 0 only if everything was there and equal."""
    options = parse_arguments()
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return fail(
            "MLFLOW_TRACKING_URI is not set: there is no server to log to. Set it to the server's "
            'address; for the local cluster: eval "$(python -m local env)"'
        )
    try:
        train(options)
    except MismatchError as error:
        return fail(str(error))
    except MlflowException as error:
        return fail(f"MLflow, tracking at {mlflow.get_tracking_uri()}, failed: {error}")
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--experiment", default="digits", help="experiment (default: %(default)s)")
    parser.add_argument("--model-name", default="digits", help="model (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="random seed (default: %(default)s)")
    parser.add_argument(
        "--rounds",
        type=int,
        default=30,
        help="passes over the training data, each logging its metrics (default: %(default)s)",
    )
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: at least one round is needed. Use 1 or more")
    return options


def train(options: argparse.Namespace) -> None:
    """Train, log, register, load back and compare; print where to find the result."""
    digits = load_data(options.seed)
    mlflow.set_experiment(options.experiment)
    with mlflow.start_run() as run:
        print(f"run_id: {run.info.run_id}", flush=True)
        parameters = {
            "rounds": options.rounds,
            "seed": options.seed,
            "learning_rate": LEARNING_RATE,
        }
        mlflow.log_params(parameters)
        model = fit(digits, options)
        log_confusion_matrix(model, digits)
        version = register(model, digits, options.model_name)
    check_series(run.info.run_id, options.rounds)
    check_predictions(model, digits, options.model_name, version)
    address = mlflow.get_tracking_uri().rstrip("/")
    print(f"model: {options.model_name} version: {version} alias: {ALIAS}")
    print(f"url: {address}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}")


def load_data(seed: int) -> Digits:
    """The digits that scikit-learn ships: nothing is downloaded."""
    images, labels = load_digits(return_X_y=True)
    return Digits(
        *train_test_split(images / 16, labels, test_size=0.25, random_state=seed, stratify=labels)
    )


def fit(digits: Digits, options: argparse.Namespace) -> SGDClassifier:
    """Train in rounds; after each, log its loss and accuracy."""
    model = SGDClassifier(
        loss="log_loss", learning_rate="constant", eta0=LEARNING_RATE, random_state=options.seed
    )
    classes = np.unique(digits.train_y)
    for number in range(1, options.rounds + 1):
        model.partial_fit(digits.train_x, digits.train_y, classes=classes)
        scores = {
            "train_loss": float(log_loss(digits.train_y, model.predict_proba(digits.train_x))),
            "test_accuracy": float(accuracy_score(digits.test_y, model.predict(digits.test_x))),
        }
        mlflow.log_metrics(scores, step=number)
        print(f"round {number}/{options.rounds} {scores}", flush=True)
    return model


def log_confusion_matrix(model: SGDClassifier, digits: Digits) -> None:
    """Log a figure of which digit was taken for which."""
    figure, axes = plt.subplots(figsize=(6, 6))
    ConfusionMatrixDisplay.from_estimator(model, digits.test_x, digits.test_y, ax=axes)
    mlflow.log_figure(figure, FIGURE)
    plt.close(figure)


def register(model: SGDClassifier, digits: Digits, name: str) -> str:
    """Log the model with its signature and an example, register it, make it the champion."""
    logged = mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(digits.train_x, model.predict(digits.train_x)),
        input_example=digits.train_x[:3],
        # Named, because finding them out costs MLflow a second Python process and many seconds.
        pip_requirements=[f"scikit-learn=={sklearn.__version__}", f"numpy=={np.__version__}"],
    )
    version = str(mlflow.register_model(logged.model_uri, name).version)
    MlflowClient().set_registered_model_alias(name, ALIAS, version)
    return version


def check_series(run_id: str, rounds: int) -> None:
    """Every round must be in the run's history exactly once."""
    history = MlflowClient().get_metric_history(run_id, "train_loss")
    steps = sorted(point.step for point in history)
    if steps != list(range(1, rounds + 1)):
        raise MismatchError(
            f"run {run_id} has {len(steps)} points of train_loss where {rounds} were logged. "
            "Look for lost or repeated writes in the server's log"
        )


def check_predictions(model: SGDClassifier, digits: Digits, name: str, version: str) -> None:
    """The champion must be the version just registered, and predict what the model predicts."""
    champion = MlflowClient().get_model_version_by_alias(name, ALIAS)
    if str(champion.version) != version:
        raise MismatchError(
            f"{name}@{ALIAS} is version {champion.version}, not {version} that was just made. "
            "Another run moved the alias meanwhile: use another --model-name"
        )
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@{ALIAS}")
    differing = int(np.sum(loaded.predict(digits.test_x) != model.predict(digits.test_x)))
    if differing:
        raise MismatchError(
            f"models:/{name}@{ALIAS} predicts {differing} of {len(digits.test_y)} digits "
            "differently than the model that was logged. Compare the artifact's checksum"
        )
    print(f"predictions: {len(digits.test_y)} equal")


def fail(reason: str) -> int:
    """Say why on stderr and return the exit code of a failure."""
    print(f"train.py: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
