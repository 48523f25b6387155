"""What this process knows about a server: its breaker, what it can do, and whether it is back."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Mapping
from typing import Any

from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from mlflow_ha import events
from mlflow_ha.address import redacted
from mlflow_ha.breaker import MLflowCircuitBreaker, State
from mlflow_ha.settings import MLflowSettings
from mlflow_ha.verdict import Verdict, of_response

ABILITY_HEADER = "X-MLflow-HA-Idempotency"
_STOCK_PROBE = "/api/2.0/mlflow/experiments/get"
_PROBE_SECONDS = 2.0
_OK = 200


class Server:
    """One per address and process.

    Args:
        address: As users write it; kept without credentials.
        settings: Bounds of the breaker and of the probe.
    """

    def __init__(self, address: str, settings: MLflowSettings) -> None:
        self._uri = address
        self.address = redacted(address)
        self.tells_repeats_apart: bool | None = None
        """Whether it knows idempotency keys; None until it has answered once."""
        self._settings = settings
        self._probing = threading.Lock()
        self.breaker = MLflowCircuitBreaker(
            settings.circuit_breaker_failure_threshold,
            settings.circuit_breaker_recovery_timeout,
            server=self.address,
            on_change=self._breaker_changed,
        )
        if settings.alert_webhook:
            from mlflow_ha import alerts  # noqa: PLC0415  (only who is to be alerted pays)

            alerts.send_to(settings.alert_webhook, settings.spool_dir)

    def heard(self, headers: Mapping[str, str]) -> None:
        """Learn what the server can do from an answer of MLflow's own (not of a balancer)."""
        self.tells_repeats_apart = headers.get(ABILITY_HEADER) == "1"

    def _breaker_changed(self, state: State) -> None:
        events.publish(events.BreakerChanged(self.address, state))
        if state is State.OPEN:
            threading.Thread(
                target=self._probe_until_back, name="mlflow-ha-probe", daemon=True
            ).start()

    def _probe_until_back(self) -> None:
        # In turn: a probe that was about to end must not be taken for one that still looks.
        with self._probing:
            pause = threading.Event()
            while self.breaker.state is State.OPEN:
                # Clients that saw the server go together do not all come back together.
                pause.wait(self._settings.probe_interval * random.uniform(0.5, 1.5))  # noqa: S311
                if self.is_back():
                    self.breaker.half_open()

    def is_back(self) -> bool:
        """Ask whether a write would succeed now; a stock server is asked to read its database."""
        try:
            answer = self._ask("/writable")
            if answer.status_code == _OK or of_response(answer) is not Verdict.ANSWERED:
                return bool(answer.status_code == _OK)
            return of_response(self._ask(_STOCK_PROBE, {"experiment_id": "0"})) is Verdict.ANSWERED
        except Exception:  # noqa: BLE001  (whatever it is, the server is not back)
            return False

    def _ask(self, endpoint: str, parameters: Mapping[str, Any] | None = None) -> Any:
        return http_request(
            get_default_host_creds(self._uri),
            endpoint,
            "GET",
            max_retries=0,
            raise_on_status=False,
            timeout=_PROBE_SECONDS,
            params=parameters,
        )


_servers: dict[str, Server] = {}
_lock = threading.Lock()


def server_at(address: str, settings: MLflowSettings) -> Server:
    """Return what this process knows about the server at `address`."""
    with _lock:
        name = redacted(address)
        if name not in _servers:
            _servers[name] = Server(address, settings)
        return _servers[name]


def known() -> tuple[Server, ...]:
    with _lock:
        return tuple(_servers.values())


def _begin_anew() -> None:
    # A forked child has neither the threads nor a say in the locks of its parent.
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _servers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
