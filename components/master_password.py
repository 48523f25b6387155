"""The master user's password of an instance whose secret RDS does not manage itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.calls.master_passwords import set_master_password

INPUTS = ("identifier", "resource_id", "secret_arn", "version_id", "region")


@dataclass(frozen=True, kw_only=True)
class MasterPasswordArgs:
    """Args of `MasterPassword`.

    Args:
        identifier: The instance.
        resource_id: The instance's own id: another instance under the same name needs it again.
        secret_arn: The secret with the password.
        version_id: Its version; another one is set at the instance.
        region: Where both are.
    """

    identifier: Input[str]
    resource_id: Input[str]
    secret_arn: Input[str]
    version_id: Input[str]
    region: str


class MasterPasswordProvider(ResourceProvider):
    """Sets the password once for each version of the secret and each instance."""

    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(olds.get(key) != news.get(key) for key in INPUTS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(id_=props["identifier"], outs=_set(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(outs=_set(news))


class MasterPassword(Resource, module="mlflow-ha", name="MasterPassword"):
    """The master user has the password of this version of the secret."""

    def __init__(
        self, name: str, args: MasterPasswordArgs, opts: ResourceOptions | None = None
    ) -> None:
        properties = {key: getattr(args, key) for key in INPUTS}
        super().__init__(MasterPasswordProvider(), name, properties, opts)


def _set(props: dict[str, Any]) -> dict[str, Any]:
    set_master_password(
        identifier=props["identifier"],
        secret_arn=props["secret_arn"],
        version_id=props["version_id"],
        region=props["region"],
    )
    return {key: props[key] for key in INPUTS}
