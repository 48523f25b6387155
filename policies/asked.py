"""What a stack was asked to be, as far as rules depend on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from policies.resource import GraphError, Resource
from setting_groups.aws.bootstrap import Bootstrap
from setting_groups.aws.environment import Aws
from setting_groups.mistakes import explained
from settings import Settings, load

ACCOUNT_PROJECT = "mlflow-ha-bootstrap"
ACCOUNT = Path(__file__).parents[1] / "bootstrap"
_TAG = "mlflow-ha:"


@dataclass(frozen=True)
class Asked:
    """What the settings of a stack say.

    Attributes:
        production: Whether nothing may stand alone, or be deleted by mistake.
        tags: What each resource has to carry.
        environment: The settings on AWS; None for what an account has once.
    """

    production: bool
    tags: Mapping[str, str]
    environment: Aws | None

    @property
    def aws(self) -> Aws:
        """The environment's settings, where there is one.

        Raises:
            GraphError: It is an account's stack, in which nothing that needs them should be.
        """
        if self.environment is None:
            raise GraphError(
                "an account's stack has a resource that only an environment has. Move it there"
            )
        return self.environment


def of_environment(settings: Settings) -> Asked:
    """Return what the settings of an environment ask for.

    Raises:
        GraphError: It is not on AWS.
    """
    if settings.aws is None:
        raise GraphError(
            f"environment {settings.environment!r} has no aws settings. "
            "Use the graph of one that has"
        )
    tags = {f"{_TAG}environment": settings.environment, **_tags(settings.aws.owner)}
    return Asked(settings.production, tags, settings.aws)


def of_account(settings: Bootstrap) -> Asked:
    """Return what an account is asked for: what all its environments stand on is production."""
    return Asked(production=True, tags=_tags(settings.owner), environment=None)


def asked_for(project: str, stack: str) -> Asked:
    """Return what a stack was asked to be; its name leads to its settings.

    Raises:
        GraphError: The account's settings cannot be used.
        SettingsError: The environment's settings cannot be used.
    """
    if project == ACCOUNT_PROJECT:
        return of_account(_account(ACCOUNT / f"Pulumi.{stack}.yaml"))
    return of_environment(load(stack))


def project_and_stack(resources: Sequence[Resource]) -> tuple[str, str]:
    """Return the names of the project and the stack that resources belong to.

    Raises:
        GraphError: There are no resources.
    """
    if not resources:
        raise GraphError("the graph is empty: nothing was registered. Make it anew")
    stack, project, *_ = resources[0].urn.removeprefix("urn:pulumi:").split("::")
    return project, stack


def _account(path: Path) -> Bootstrap:
    prefix = f"{ACCOUNT_PROJECT}:"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
        own = {key.removeprefix(prefix): config[key] for key in config if key.startswith(prefix)}
        return Bootstrap.model_validate({"region": config["aws:region"], **own})
    except FileNotFoundError:
        raise GraphError(f"{path}: does not exist. Use the graph of a stack that has it") from None
    except ValidationError as error:
        mistakes = "\n".join(f"  - {line}" for line in explained(error, Bootstrap))
        raise GraphError(f"{path}:\n{mistakes}") from None


def _tags(owner: str) -> dict[str, str]:
    return {f"{_TAG}owner": owner, f"{_TAG}managed-by": "pulumi"}
