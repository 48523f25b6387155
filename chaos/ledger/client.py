"""What the ledger needs of a client, whichever one writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from chaos.ledger.operation import Outcome

KINDS = ("create_run", "create_model_version")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one create ended, as far as its client can tell."""

    outcome: Outcome
    status: int | None = None
    request_id: str | None = None
    detail: str = ""


class ServiceSilent(Exception):  # noqa: N818  a finding, not a defect of the program
    """The service could not be asked, so nothing is proven either way."""


class Client(Protocol):
    """Creates things in MLflow whose doubles can be told by their key."""

    @property
    def name(self) -> str: ...

    def prepare(self) -> None:
        """Make the experiment and the models that later creates belong to; safe to repeat.

        Raises:
            ServiceSilent: It did not answer within its deadline.
        """
        ...

    def create(self, kind: str, key: str, thread: int, *, fresh: bool = False) -> Answer:
        """Send one create exactly once. Never raises for what a service may do.

        Args:
            kind: One of KINDS.
            key: Never used before; found again by reading back.
            thread: Whose model and connection to use.
            fresh: Use a new connection instead, as somebody does who has just arrived.
        """
        ...

    def read_back(self) -> Counter[str]:
        """Count every key that the service holds.

        Raises:
            ServiceSilent: It did not answer within its deadline.
        """
        ...

    def close(self) -> None: ...
