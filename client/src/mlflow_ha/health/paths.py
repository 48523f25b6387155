"""The paths of the health API.

GET /live                  200 while this process runs
GET /ready                 200 while calls are answered or kept; else 503
GET /health?detailed=true  healthy or degraded, 200; unavailable, 503
GET /health/mlflow         the server's breaker and queue; 503 while it is OPEN
POST /health/mlflow/reset  closes the breaker, for who has the token
GET /metrics               for Prometheus
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from mlflow_ha import metrics
from mlflow_ha.errors import MlflowHaError
from mlflow_ha.health.report import Health, Report, details, report, tracking_server
from mlflow_ha.settings import SettingsError, current

_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_Handler = Callable[[Request], Response]


def made() -> Router:
    """Return the router; calls are counted from now on."""
    metrics.start()
    return Router(
        [
            Route("/live", _live),
            Route("/ready", _explained(_ready)),
            Route("/health", _explained(_health)),
            Route("/health/mlflow", _explained(_mlflow)),
            Route("/health/mlflow/reset", _explained(_reset), methods=["POST"]),
            Route("/metrics", _metrics),
        ]
    )


def _explained(handler: _Handler) -> _Handler:
    """What keeps a handler from answering, as its answer."""

    @wraps(handler)
    def explained(request: Request) -> Response:
        try:
            return handler(request)
        except SettingsError as error:
            told = str(error)
        except MlflowHaError as error:
            told = error.message
        return JSONResponse({"error": told}, HTTPStatus.SERVICE_UNAVAILABLE)

    return explained


async def _live(_: Request) -> Response:
    # Not in a thread of the pool: that may be busy, and this process lives all the same.
    return JSONResponse({"status": "alive"})


def _ready(_: Request) -> Response:
    now = report()
    ready = now.health is not Health.UNAVAILABLE
    return _answer({"ready": ready, **now.body}, now, well=ready)


def _health(request: Request) -> Response:
    word = request.query_params.get("detailed", "false")
    detailed = _WORDS.get(word.lower())
    if detailed is None:
        told = f"detailed={word} is neither true nor false. Use one of them"
        return JSONResponse({"error": told}, HTTPStatus.BAD_REQUEST)
    now = report()
    body = {"status": now.health, "mlflow": now.body, **(details() if detailed else {})}
    return _answer(body, now, well=now.health is not Health.UNAVAILABLE)


def _mlflow(_: Request) -> Response:
    now = report()
    return _answer(now.body, now, well=now.state != "OPEN")


def _answer(body: Mapping[str, Any], now: Report, *, well: bool) -> Response:
    if well:
        return JSONResponse(body)
    later = {"Retry-After": str(max(1, math.ceil(now.retry_after)))}
    return JSONResponse(body, HTTPStatus.SERVICE_UNAVAILABLE, headers=later)


def _reset(request: Request) -> Response:
    token = current().health_token
    if token is None:
        told = "nobody may reset the breaker here. To allow it, set MLFLOW_HA_HEALTH_TOKEN"
        return JSONResponse({"error": told}, HTTPStatus.FORBIDDEN)
    kind, _, shown = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(shown.strip().encode(), token.get_secret_value().encode())
    if kind.lower() != "bearer" or not right:
        told = "send the value of MLFLOW_HA_HEALTH_TOKEN: Authorization: Bearer …"
        challenge = {"WWW-Authenticate": "Bearer"}
        return JSONResponse({"error": told}, HTTPStatus.UNAUTHORIZED, headers=challenge)
    tracking_server(current()).breaker.reset()
    return JSONResponse(report().body)


def _metrics(request: Request) -> Response:
    encode, kind = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(metrics.Metrics()), headers={"Content-Type": kind})
