"""Components without an engine: what they register is written down, nothing is made."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks as pulumi_mocks

import settings


@dataclass(frozen=True)
class Registered:
    """One resource as the component registered it; inputs are named as the provider names them."""

    type: str
    name: str
    inputs: dict[str, Any]


@dataclass
class Recorder(pulumi_mocks.Mocks):
    """Answers every registration with an id and an ARN, and remembers it."""

    resources: list[Registered] = field(default_factory=list)

    def new_resource(
        self, args: pulumi_mocks.MockResourceArgs
    ) -> tuple[str | None, dict[Any, Any]]:
        self.resources.append(Registered(args.typ, args.name, dict(args.inputs)))
        kind = args.typ.split(":")[1].split("/")[0] if ":" in args.typ else args.typ
        arn = f"arn:aws:{kind}:us-east-1:123456789012:{args.name}"
        return f"{args.name}-id", {"arn": arn, "name": args.name, **args.inputs}

    def call(
        self, args: pulumi_mocks.MockCallArgs
    ) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        answers = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012"},
            "aws:index/getRegion:getRegion": {"region": "us-east-1", "name": "us-east-1"},
        }
        return answers.get(args.token, {}), None

    def of(self, kind: str) -> list[Registered]:
        """All resources of a type such as "aws:ec2/vpc:Vpc"."""
        return [resource for resource in self.resources if resource.type == kind]


@pytest.fixture
def recorded() -> Iterator[Callable[[Callable[[], Any]], Recorder]]:
    """Run what registers resources and return all that was registered once everything has landed.

    Usage: `seen = recorded(lambda: Network("main", NetworkArgs(...)))`.
    """

    def run(program: Callable[[], Any]) -> Recorder:
        recorder = Recorder()
        asyncio.set_event_loop(asyncio.new_event_loop())
        pulumi.runtime.set_mocks(recorder, project="mlflow-ha", stack="test", preview=False)
        pulumi.runtime.test(lambda: program() and None)()  # type: ignore[no-untyped-call]  # of the SDK
        return recorder

    yield run
    pulumi.runtime.settings.reset_options()


@pytest.fixture
def prod() -> settings.Settings:
    return settings.load("prod")
