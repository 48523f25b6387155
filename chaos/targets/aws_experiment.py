"""A FIS experiment as a fault: AWS itself ends it, even if this program is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from chaos.target import FaultMissed

TAG = "mlflow-ha:drill"
_UNDER_WAY = frozenset({"pending", "initiating", "running"})
_ENDED = frozenset({"completed", "stopped", "failed", "cancelled"})
_ENDED_BADLY = _ENDED - {"completed"}
_STOPS_WITHIN = 180.0
"""Seconds: FIS puts back network ACLs and replication rules one after another."""
_ASK_EVERY = 2.0


class Experiment:
    """Believed only when what it should change has changed."""

    def __init__(
        self,
        fis: Any,
        name: str,
        template: str,
        witness: Callable[[], str] | None = None,
        *,
        lasts: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare an experiment; nothing happens yet.

        Args:
            fis: The client.
            name: Of the fault.
            template: Its id.
            witness: Says something else once the fault is there. None: nothing shows it but FIS.
            lasts: It goes on until it is stopped, or its own time is over.
            sleep: Waits for seconds.
        """
        self.description = f"FIS experiment {name}"
        self.needs_healing = lasts
        self._fis = fis
        self._template = template
        self._witness = witness
        self._sleep = sleep
        self._before = witness() if witness else ""
        self._token = uuid4().hex
        self._asked = False
        self._id: str | None = None

    def inject(self) -> None:
        self._asked = True  # before: an answer that is lost leaves an experiment behind
        begun = self._fis.start_experiment(
            clientToken=self._token, experimentTemplateId=self._template, tags={TAG: self._token}
        )
        self._id = begun["experiment"]["id"]

    def landed(self) -> str | None:
        status, reason = self._state()
        if status in _ENDED_BADLY:
            raise FaultMissed(f"{self.description} ended as {status}: {reason}")
        if status not in ("running", "completed"):
            return f"{self.description} is {status}"
        if self._witness is None:
            return None
        now = self._witness()
        return f"nothing has changed yet: {now}" if now == self._before else None

    def heal(self) -> None:
        if not self._asked or not self._known():
            return
        if self._state()[0] in _UNDER_WAY:
            self._fis.stop_experiment(id=self._id)
        waited = 0.0
        while (status := self._state()[0]) not in _ENDED:
            if waited >= _STOPS_WITHIN:
                raise FaultMissed(
                    f"{self.description} is {status} {waited:g} s after it was stopped. Look at it: "
                    f"aws fis get-experiment --id {self._id}"
                )
            self._sleep(_ASK_EVERY)
            waited += _ASK_EVERY

    def _state(self) -> tuple[str, str]:
        state = self._fis.get_experiment(id=self._id)["experiment"]["state"]
        return str(state["status"]), str(state.get("reason", ""))

    def _known(self) -> bool:
        """Whether there is an experiment of ours, also one whose start was never answered."""
        if self._id is None:
            pages = self._fis.get_paginator("list_experiments").paginate(
                experimentTemplateId=self._template
            )
            ours = (
                str(each["id"])
                for page in pages
                for each in page["experiments"]
                if each.get("tags", {}).get(TAG) == self._token
            )
            self._id = next(ours, None)
        return self._id is not None


def stop_alarms(fis: Any, templates: list[str]) -> list[str]:
    """ARNs of the alarms that end experiments made from these templates.

    Raises:
        FaultMissed: A template has none, or cannot be read: nothing would end its experiment.
    """
    found: set[str] = set()
    for template in templates:
        try:
            told = fis.get_experiment_template(id=template)["experimentTemplate"]
        except (BotoCoreError, ClientError) as error:
            raise FaultMissed(f"FIS template {template} cannot be read: {error}") from error
        alarms = {each["value"] for each in told["stopConditions"] if each.get("value")}
        if not alarms:
            raise FaultMissed(
                f"FIS template {template} has no alarm that ends it. Run `pulumi up`: the stack's "
                "templates have one"
            )
        found |= alarms
    return sorted(found)
