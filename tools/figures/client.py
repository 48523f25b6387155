"""The client's figures: beside stock clients, killed, timed, and under MLflow's own tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.figures.tables import Document

BLOCKS: Mapping[str, Callable[[Document], str]] = {}
