"""What a keyed request is told that is not carried out: the value, the rule, the remedy."""

from http import HTTPStatus

from mlflow_ha_server import idempotency_keys
from mlflow_ha_server.answers import FAILURE_HEADER, RETRY_SECONDS
from mlflow_ha_server.asgi import Send, send_json
from mlflow_ha_server.idempotency_keys import KEY_HEADER
from mlflow_ha_server.idempotency_records import Record


async def key(send: Send, key: str) -> None:
    """Refuse a key that breaks the rule."""
    message = (
        f"{KEY_HEADER}: {idempotency_keys.shown(key)}: a key is {idempotency_keys.RULE}; send a"
        " random one, such as a UUID's 32 hexadecimal digits"
    )
    await _refuse(send, HTTPStatus.BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)


async def other(send: Send, key: str) -> None:
    """Refuse a key that was used for something else; tells nothing of what that was."""
    message = (
        f"{KEY_HEADER}: {idempotency_keys.shown(key)}: was used before, for another request or by"
        " another user; a key belongs to one request of one user. Nothing was changed; send this"
        " request with a new key"
    )
    await _refuse(send, HTTPStatus.UNPROCESSABLE_ENTITY, "INVALID_PARAMETER_VALUE", message)


async def second(send: Send, key: str, first: Record) -> None:
    """Refuse to carry out again what was carried out."""
    made = "; ".join(
        f"{table} {', '.join(f'{k}={v}' for k, v in row.items())}"
        for table, row in first.made.items()
    )
    message = (
        f"{KEY_HEADER}: {idempotency_keys.shown(key)}: the request was carried out, but its answer"
        f" was lost and cannot be made again. Nothing was made twice; read back what it made: {made}"
    )
    await _refuse(send, HTTPStatus.CONFLICT, "RESOURCE_CONFLICT", message)


async def for_now(send: Send, key: str) -> None:
    """Refuse while the first arrival is at work."""
    message = (
        f"{KEY_HEADER}: {idempotency_keys.shown(key)}: an earlier request with this key is still at"
        f" work. Nothing was changed; send the same request again after {RETRY_SECONDS} s."
    )
    await _refuse(
        send,
        HTTPStatus.SERVICE_UNAVAILABLE,
        "TEMPORARILY_UNAVAILABLE",
        message,
        ("Retry-After", str(RETRY_SECONDS)),
        (FAILURE_HEADER, "key-in-use"),
    )


async def _refuse(
    send: Send, status: HTTPStatus, code: str, message: str, *extra: tuple[str, str]
) -> None:
    await send_json(send, status, {"error_code": code, "message": message}, extra)
