"""Registered versions of models: made, found by a tag, the one in use."""

from __future__ import annotations

from typing import Any

import mlflow
from mlflow.exceptions import MlflowException

from mlflow_ha.managers.filters import alike, all_pages, equals
from mlflow_ha.managers.place import Place

IN_USE = "production"
"""Alias of the version that is in use."""
_PAGE = 1000


class Versions:
    """Those of one place."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.client = place.client()

    def register(self, model_uri: str, name: str, tags: dict[str, str]) -> Any:
        """Register a model that MLflow can load, with all tags at once."""
        self._place.use()
        return mlflow.register_model(
            model_uri, name, await_registration_for=None, tags={**tags, **self._place.labels}
        )

    def of(self, name: str) -> list[Any]:
        """Return all versions of a registered model, the newest first."""
        return self._found(equals("name", name))

    def with_tag(self, tag: str, value: str) -> list[Any]:
        """Return all versions that bear a tag, of whichever model, the newest first."""
        return self._found(equals(f"tags.{tag}", value))

    def with_tag_alike(self, tag: str, value: str) -> list[Any]:
        """Return the same without regard to case."""
        return self._found(alike(f"tags.{tag}", value))

    def in_use(self, name: str) -> Any | None:
        """Return the version with the alias, else the newest, None without any."""
        try:
            aliases = self.client.get_registered_model(name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        if IN_USE in aliases:
            return self.client.get_model_version(name, str(aliases[IN_USE]))
        return next(iter(self.of(name)), None)

    def _found(self, filter_string: str) -> list[Any]:
        pages = all_pages(
            lambda token: self.client.search_model_versions(
                filter_string, max_results=_PAGE, page_token=token
            )
        )
        return sorted(pages, key=lambda v: (v.creation_timestamp, int(v.version)), reverse=True)
