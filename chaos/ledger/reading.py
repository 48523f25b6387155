"""Read from MLflow page by page, repeating what fails until it succeeds."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import httpx
import stamina

from chaos.ledger.client import ServiceSilent

API = "/api/2.0/mlflow"
PATIENCE = 60.0
"""Seconds for reading and preparing, which are repeated until they succeed."""
PAGE = 1000
LONGEST_DETAIL = 200

_Ask = Callable[[dict[str, str]], httpx.Response]
"""Asks for a page; takes what tells the next one from the first."""


class Reader:
    """Asks one service; reading twice does no harm.

    Args:
        session: To it.
        patience: Seconds that one page is asked for again.
    """

    def __init__(self, session: httpx.Client, patience: float) -> None:
        self._session = session
        self._patience = patience

    def experiment(self, name: str) -> str | None:
        """The id of an experiment; None if there is none of this name.

        Raises:
            ServiceSilent: It did not answer within its deadline.
        """
        try:
            found = self._answer(
                lambda: self._session.get(
                    f"{API}/experiments/get-by-name", params={"experiment_name": name}
                )
            )
        except httpx.HTTPStatusError as error:
            if error.response.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise silent(f"looking for the experiment {name}", error, self._patience) from error
        except (httpx.HTTPError, ValueError) as error:
            raise silent(f"looking for the experiment {name}", error, self._patience) from error
        return str(found["experiment"]["experiment_id"])

    def runs(self, experiment: str) -> Iterator[dict[str, Any]]:
        """Every run of an experiment, deleted ones too.

        Raises:
            ServiceSilent: It did not answer within its deadline.
        """
        query = {"experiment_ids": [experiment], "max_results": PAGE, "run_view_type": "ALL"}
        return self._pages(
            "runs", lambda more: self._session.post(f"{API}/runs/search", json=query | more)
        )

    def model_versions(self, model: str) -> Iterator[dict[str, Any]]:
        """Every version of a model.

        Raises:
            ServiceSilent: As above.
        """
        path = f"{API}/model-versions/search"
        query = {"filter": f"name='{model}'", "max_results": str(PAGE)}
        return self._pages(
            "model_versions", lambda more: self._session.get(path, params=query | more)
        )

    def _pages(self, what: str, ask: _Ask) -> Iterator[dict[str, Any]]:
        token: str | None = None
        while True:
            more = {"page_token": token} if token else {}
            try:
                page = self._answer(functools.partial(ask, more))
            except (httpx.HTTPError, ValueError) as error:
                raise silent(f"searching {what}", error, self._patience) from error
            yield from page.get(what, [])
            token = page.get("next_page_token")
            if not token:
                return

    def _answer(self, ask: Callable[[], httpx.Response]) -> dict[str, Any]:
        for attempt in attempts(self._patience):
            with attempt:
                answer: dict[str, Any] = ask().raise_for_status().json()
                return answer
        raise AssertionError("unreachable: the last attempt returns or raises")


def attempts(patience: float) -> Iterable[stamina.Attempt]:
    """Repeat what a service that is away did not answer, for `patience` seconds."""
    return stamina.retry_context(
        on=_worth_repeating, attempts=None, timeout=patience, wait_initial=0.2, wait_max=2.0
    )


def silent(doing: str, error: Exception, patience: float) -> ServiceSilent:
    """The error after the last attempt."""
    return ServiceSilent(
        f"{doing} failed, with up to {patience:g} s of repeating; the last answer: "
        f"{named(error)}. Look at the service, then run the drill again"
    )


def named(error: Exception) -> str:
    """An exception in a line."""
    text = " ".join(str(error).split())[:LONGEST_DETAIL]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _worth_repeating(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):  # a wrong password stays wrong
        return error.response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, (httpx.HTTPError, ValueError))
