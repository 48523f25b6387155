"""One request to MLflow's REST interface, before anything is known about its transport."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

KEY_HEADER = "X-MLflow-HA-Idempotency-Key"
_PATH_PARAMETER = re.compile(r"/logged-models/(?P<model_id>[^/]+)")
# In MLflow's protocol reads are not always GET, and their names say it.
_READS = ("Search", "BatchGet", "Calculate", "Query", "GetLatestVersions", "CreatePresigned")
_TWICE_IS_ONE_TOO_MANY = ("Create", "Register", "Attach")


@dataclass(frozen=True)
class Message:
    """What is asked of a server.

    Attributes:
        api: The name of the request in MLflow's protocol, such as "CreateRun".
        body: Parameters of a GET, else the JSON body.
        data: The body, where it is no JSON; its Content-Type is among the headers.
        key: Tells a repeated request from a second one; the same in every attempt.
    """

    api: str
    method: str
    endpoint: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None
    key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def reads(self) -> bool:
        return self.method == "GET" or self.api.startswith(_READS)

    @property
    def makes_something(self) -> bool:
        """Whether doing it twice would leave two of something.

        A trace is not among them: its id is the client's own.
        """
        if self.api == "StartTrace":  # of the second version, which numbers traces itself
            return True
        return self.api.startswith(_TWICE_IS_ONE_TOO_MANY) and not self.reads

    @property
    def takes_something_away(self) -> bool:
        """Whether the server says that there is nothing, when it is asked again."""
        return self.api.startswith(("Delete", "Restore", "Rename", "Remove", "Detach"))

    @property
    def parameters(self) -> dict[str, Any]:
        """What is asked for, also where MLflow puts it into the path."""
        in_path = _PATH_PARAMETER.search(self.endpoint)
        return {**(in_path.groupdict() if in_path else {}), **(self.body or {})}

    @property
    def all_headers(self) -> dict[str, str]:
        return {**self.headers, **({} if self.reads else {KEY_HEADER: self.key})}
