"""What Checkov finds in a stack is fixed, or accepted with a reason that still applies."""

from __future__ import annotations

import pytest

from tests.engine.registered import STACKS, Environment, resources
from tools.scanner.accepted import read, stale, unexplained
from tools.scanner.checkov import Finding, findings
from tools.scanner.plan import plan


@pytest.fixture(scope="module")
def found(environment: Environment) -> dict[str, list[Finding]]:
    """The findings of each stack."""
    return {stack: findings(stack, plan(resources(stack, environment))) for stack in STACKS}


@pytest.mark.parametrize("stack", STACKS)
def test_every_finding_is_fixed_or_accepted(stack: str, found: dict[str, list[Finding]]) -> None:
    left = unexplained(found[stack], read())
    assert [f"{one.check} {one.resource}: {one.claim}" for one in left] == []


def test_nothing_is_accepted_that_is_not_found(found: dict[str, list[Finding]]) -> None:
    everywhere = [one for there in found.values() for one in there]
    assert stale(everywhere, read()) == []
