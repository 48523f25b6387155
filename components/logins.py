"""Who may log in: one secret for each, and a password in it that only AWS has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import secretsmanager

from components.database_plan import MASTER
from components.generated_secret import GeneratedSecret, GeneratedSecretArgs
from components.tags import named
from setting_groups.aws.database import Logins as Generations

Role = Literal["owner", "app_a", "app_b", "reader", "admin", "session_key", "canary", "master"]

USERNAMES: Mapping[Role, str] = {
    "owner": "mlflow_owner",
    "app_a": "mlflow_app",
    "app_b": "mlflow_app_b",
    "reader": "mlflow_reader",
    "admin": "admin",
    "session_key": "session",
    "canary": "canary",
    "master": MASTER,
}
"""The four of PostgreSQL are those the server's `provision` makes; `admin` and `canary` are users
of MLflow; the session key has a name only so that every secret has the same two keys."""
ADMIN_GENERATION = 1
"""MLflow's administrator changes the password in MLflow; `migrate` only gives the first one."""
RECOVERY_DAYS = 30
"""The longest that Secrets Manager keeps a deleted secret."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """A secret with a value: its ARN is known only once the value is there."""

    arn: Output[str]
    version_id: Output[str]


@dataclass(frozen=True, kw_only=True)
class LoginsArgs:
    """Args of `Logins`.

    Args:
        generations: How often each was renewed, and which application login is in use.
        with_master: Also make the administrator's, which RDS else manages itself.
        key_arn: Encrypts the secrets.
        region: Where they are.
        protected: Pulumi refuses to delete them, and AWS keeps them for 30 days.
        tags: For every resource.
    """

    generations: Generations
    with_master: bool
    key_arn: Input[str]
    region: str
    protected: bool
    tags: dict[str, str]


class Logins(pulumi.ComponentResource):
    """The secrets of the database's and MLflow's users, by role."""

    by_role: Mapping[Role, Login]

    def __init__(self, name: str, args: LoginsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Logins", name, None, opts)
        self.by_role = {
            role: self._login(name, role, args)
            for role in USERNAMES
            if role != "master" or args.with_master
        }
        self.register_outputs({})

    def _login(self, name: str, role: Role, args: LoginsArgs) -> Login:
        logical = f"{name}-{role.replace('_', '-')}"
        secret = secretsmanager.Secret(
            logical,
            description=f"mlflow-ha: {role}",
            kms_key_id=args.key_arn,
            recovery_window_in_days=RECOVERY_DAYS if args.protected else 0,
            tags=named(args.tags, logical),
            opts=ResourceOptions(parent=self, protect=args.protected),
        )
        value = GeneratedSecret(
            logical,
            GeneratedSecretArgs(
                secret_arn=secret.arn,
                username=USERNAMES[role],
                generation=generation(args.generations, role),
                in_use=role == args.generations.active,
                region=args.region,
            ),
            opts=ResourceOptions(parent=self),
        )
        return Login(arn=value.secret_arn, version_id=value.version_id)


def generation(generations: Generations, role: Role) -> int:
    """Return how often the secret of a role was made."""
    if role == "admin":
        return ADMIN_GENERATION
    found: int = getattr(generations, role)
    return found
