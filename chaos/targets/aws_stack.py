"""What a deployed stack says about itself: Pulumi's outputs, and the settings it was made from."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

import settings
from chaos.target import TargetError

_SECONDS = 120.0
"""For the backend of a state that is far away."""
_MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """Names that only a deployment knows, and what its settings say of it.

    Attributes:
        name: Of the stack, and of the environment.
        region: Where it runs.
        topology: Of the database.
        production: Whether users depend on it.
        canary_seconds: Between two runs of the canary.
        endpoint: Of the front door.
        admin_secret_arn: Holds the administrator's login.
        cluster: Of ECS.
        service: In that cluster.
        database: Identifier of the cluster or of the writing instance.
        experiments: Ids of FIS templates, by the name of the fault.
    """

    name: str
    region: str
    topology: str
    production: bool
    canary_seconds: float
    endpoint: str
    admin_secret_arn: str
    cluster: str
    service: str
    database: str
    experiments: Mapping[str, str]


def deployed(stack: str) -> DeployedStack:
    """Ask the Pulumi CLI, which has to be logged in, for the outputs of a stack.

    Raises:
        TargetError: There is no CLI, no such stack, or it does not serve.
    """
    try:
        environment = settings.load(stack)
    except settings.SettingsError as error:
        raise TargetError(str(error)) from error
    return described(stack, environment, _outputs(stack))


def described(
    stack: str, environment: settings.Settings, outputs: Mapping[str, object]
) -> DeployedStack:
    """Return the stack that `outputs` describe.

    Args:
        stack: Its name.
        environment: Its settings.
        outputs: As `pulumi stack output --json` prints them.

    Raises:
        TargetError: It is no stack on AWS, or something is missing: a pilot light, or an `up` that
            did not end.
    """
    aws = environment.aws
    if aws is None:
        raise TargetError(f"stack {stack!r} has no aws settings. Name one of stacks/ that has")
    wanted = ("endpoint", "admin_secret_arn", "cluster", "service", "database")
    missing = [name for name in (*wanted, "experiments") if name not in outputs]
    if missing:
        raise TargetError(
            f"stack {stack!r} has no output {', '.join(missing)}: it does not serve, or its last `up` "
            f"did not end. Run: pulumi up --stack {stack}"
        )
    experiments = outputs["experiments"]
    assert isinstance(experiments, Mapping)  # noqa: S101  (so __main__.py exports it)
    return DeployedStack(
        name=stack,
        region=aws.region,
        topology=aws.rds.topology,
        production=environment.production,
        canary_seconds=aws.watch.canary_every_minutes * _MINUTE,
        experiments=experiments,
        **{name: str(outputs[name]) for name in wanted},
    )


def _outputs(stack: str) -> Mapping[str, object]:
    cli = shutil.which("pulumi")
    if cli is None:
        raise TargetError(
            "no `pulumi` is on PATH, so a stack's outputs cannot be read. Install it from "
            "https://www.pulumi.com/docs/install/ and log in to the stack's backend"
        )
    try:
        asked = subprocess.run(
            [cli, "stack", "output", "--json", "--stack", stack],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TargetError(
            f"`pulumi stack output` did not answer within {_SECONDS:g} s. Try it by hand"
        ) from None
    if asked.returncode:
        raise TargetError(f"stack {stack!r} cannot be read: {asked.stderr.strip()}")
    try:
        found: dict[str, object] = json.loads(asked.stdout)
    except json.JSONDecodeError:
        raise TargetError(
            f"`pulumi stack output --json` of {stack!r} printed no JSON. Try it by hand"
        ) from None
    return found
