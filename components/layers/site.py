"""The environment that is being built: its settings, its account, its tags."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Output

from components.tags import tags
from setting_groups.aws.environment import Aws
from settings import Settings

NAME = "mlflow"
"""First part of every logical name."""


@dataclass(frozen=True)
class Site:
    """What every layer needs.

    Attributes:
        settings: Of the environment, which has a part for AWS.
        account_id: In which it is built.
    """

    settings: Settings
    account_id: Output[str]

    @property
    def aws(self) -> Aws:
        """The settings' part for AWS; `tags` has refused settings without one."""
        assert self.settings.aws is not None  # noqa: S101
        return self.settings.aws

    @property
    def tags(self) -> dict[str, str]:
        return tags(self.settings)

    @property
    def environment(self) -> str:
        return self.settings.environment

    @property
    def protected(self) -> bool:
        """Whether what holds data refuses to be deleted."""
        return self.settings.production

    @property
    def serves(self) -> bool:
        """Whether it is more than a pilot light."""
        return self.aws.role == "active"
