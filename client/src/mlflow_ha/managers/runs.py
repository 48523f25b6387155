"""Runs of one experiment that are complete when they are made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from mlflow.entities import Metric, Param

from mlflow_ha.managers.filters import all_pages, equals
from mlflow_ha.managers.place import Place

BASELINE = "baseline_model_id"
"""Parameter by which the runs about a model are found."""
_PAGE = 1000


class Runs:
    """Those of one experiment."""

    def __init__(self, place: Place, experiment_id: str) -> None:
        self._place = place
        self._client = place.client()
        self._experiment_id = experiment_id

    def add(
        self,
        name: str,
        *,
        params: Mapping[str, str],
        tags: Mapping[str, str],
        metrics: Mapping[str, float],
    ) -> str:
        """Make a run that has ended; return its id."""
        run_id = self._client.create_run(
            self._experiment_id, run_name=name, tags={**tags, **self._place.labels}
        ).info.run_id
        now = int(time.time() * 1000)
        self._client.log_batch(
            run_id,
            params=[Param(key, value) for key, value in params.items()],
            metrics=[Metric(key, value, now, 0) for key, value in metrics.items()],
        )
        self._client.set_terminated(run_id)
        return str(run_id)

    def about(self, baseline_model_id: str | None) -> Iterator[Any]:
        """Every run about a model, or every run, the newest first."""
        wanted = (
            "" if baseline_model_id is None else equals(f"params.{BASELINE}", baseline_model_id)
        )
        return all_pages(
            lambda token: self._client.search_runs(
                [self._experiment_id],
                wanted,
                max_results=_PAGE,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
        )
