"""A container is exactly what was built, and can change nothing on its host; in every environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.graph import Graph
from policies.resource import Resource
from policies.violation import Violation

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_ROOT = ("", "0", "root")
_SECRET = re.compile(r"(PASSWORD|SECRET|TOKEN|PRIVATE_KEY|CREDENTIALS?)(_KEY)?$", re.IGNORECASE)


def images_are_named_by_digest(graph: Graph) -> Iterator[Violation]:
    """An image is named by its digest: a tag may point to something else when a task restarts."""
    for definition, container in containers(graph):
        if not _DIGEST.search(str(container.get("image"))):
            yield Violation(
                definition,
                f"{container.get('name')}: image {container.get('image')}",
                "End it with @sha256: and the digest",
            )


def containers_cannot_change_their_host(graph: Graph) -> Iterator[Violation]:
    """A container runs as a user without rights, on a root file system that it cannot write."""
    for definition, container in containers(graph):
        name = container.get("name")
        user = str(container.get("user", "")).partition(":")[0]
        if user in _ROOT:
            yield Violation(definition, f"{name}: user {user or 'not set'}", "Set a user above 0")
        if container.get("readonlyRootFilesystem") is not True:
            yield Violation(
                definition, f"{name}: its root can be written", "Set readonlyRootFilesystem"
            )
        if container.get("privileged"):
            yield Violation(definition, f"{name}: privileged", "Remove it")


def secrets_are_not_written_down(graph: Graph) -> Iterator[Violation]:
    """A password reaches containers and functions by the ARN of its secret, never as plain text.

    Whoever may look at a task definition or at a function sees its variables.
    """
    for definition, container in containers(graph):
        variables = container.get("environment") or []
        given = {str(one.get("name")): one.get("value") for one in variables}
        for name in _passwords(given):
            yield Violation(
                definition,
                f"{container.get('name')}: {name} is plain environment",
                "Move it to secrets, by ARN",
            )
    for function in graph.of("aws:lambda/function:Function"):
        for name in _passwords(function.at("environment", "variables") or {}):
            yield Violation(
                function, f"{name} is plain environment", "Pass the ARN of its secret instead"
            )


def artifacts_are_shared(graph: Graph) -> Iterator[Violation]:
    """MLflow keeps artifacts in S3: on a task's own disk they would be gone with it."""
    for definition, container in containers(graph):
        for variable in container.get("environment") or []:
            name, kept = str(variable.get("name")), str(variable.get("value"))
            if name.endswith("ARTIFACTS_DESTINATION") and not kept.startswith("s3://"):
                yield Violation(
                    definition,
                    f"{container.get('name')}: {name} {kept}",
                    "Name the artifact bucket, s3://…",
                )


def logs_are_kept(graph: Graph) -> Iterator[Violation]:
    """A container's output goes to a log group; nothing else remembers a task that is gone."""
    for definition, container in containers(graph):
        driver = (container.get("logConfiguration") or {}).get("logDriver")
        if driver != "awslogs":
            yield Violation(
                definition, f"{container.get('name')}: logDriver {driver}", "Set awslogs"
            )


def containers(graph: Graph) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Yield every container with the task definition that it is part of."""
    for definition in graph.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in definition.document("containerDefinitions") or []:
            yield definition, container


def _passwords(environment: Mapping[str, Any]) -> list[str]:
    return [name for name, value in environment.items() if value and _SECRET.search(name)]
