"""A secret whose value is made inside AWS, so that no password is ever in Pulumi's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from components.calls.secrets import put_new_password

INPUTS = ("secret_arn", "username", "generation", "in_use", "region")


@dataclass(frozen=True, kw_only=True)
class GeneratedSecretArgs:
    """Args of `GeneratedSecret`.

    Args:
        secret_arn: The Secrets Manager secret that gets the value.
        username: Stored beside the password.
        generation: A higher one makes a new password.
        in_use: Running tasks log in with it, so it may not change now.
        region: Where the secret is.
    """

    secret_arn: Input[str]
    username: str
    generation: int
    in_use: bool
    region: str


class GeneratedSecretProvider(ResourceProvider):
    """Makes a password when the secret is new, when its generation rises, or its user changes."""

    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        reason = refusal(olds, news)
        return CheckResult(news, [CheckFailure("generation", reason)] if reason else [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        replaces = [key for key in ("secret_arn",) if olds.get(key) != news.get(key)]
        return DiffResult(
            # in_use is no reason for a new password, but the next check has to know it
            changes=any(olds.get(key) != news.get(key) for key in INPUTS),
            replaces=replaces,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        outs = {**_inputs(props), "version_id": _new_version(props)}
        return CreateResult(id_=props["secret_arn"], outs=outs)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        renewed = any(olds.get(key) != news[key] for key in ("generation", "username"))
        version = _new_version(news) if renewed else olds["version_id"]
        return UpdateResult(outs={**_inputs(news), "version_id": version})


class GeneratedSecret(Resource, module="mlflow-ha", name="GeneratedSecret"):
    """The value of a secret: JSON with the keys `username` and `password`."""

    secret_arn: Output[str]
    version_id: Output[str]

    def __init__(
        self, name: str, args: GeneratedSecretArgs, opts: ResourceOptions | None = None
    ) -> None:
        properties: dict[str, Any] = {
            "secret_arn": args.secret_arn,
            "username": args.username,
            "generation": args.generation,
            "in_use": args.in_use,
            "region": args.region,
            "version_id": None,
        }
        super().__init__(GeneratedSecretProvider(), name, properties, opts)


def refusal(olds: dict[str, Any], news: dict[str, Any]) -> str | None:
    """Say why the new generation cannot follow the old one; None if it can.

    Args:
        olds: The inputs of the last update, empty before the first.
        news: The inputs now.
    """
    before, now = olds.get("generation"), news.get("generation")
    if before is None or now is None or now == before:
        return None
    if now < before:
        return (
            f"generation {now:g} of {news['username']} is below {before:g}: an earlier password "
            f"cannot come back. Set it to {before:g}, or to {before + 1:g} for a new one"
        )
    if olds.get("in_use"):
        return (
            f"generation {now:g} of {news['username']}: running tasks log in with it and would be "
            f"refused at their next connection. Set it back to {before:g}, raise the other login's "
            "generation and make that one active"
        )
    return None


def _inputs(props: dict[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}


def _new_version(props: dict[str, Any]) -> str:
    return put_new_password(
        secret_arn=props["secret_arn"], username=props["username"], region=props["region"]
    )
