"""What drills are run against: one module per target, opened by name."""

from __future__ import annotations

from chaos.target import Target, TargetError

NAMES = ("local", "aws")


def open_target(
    name: str,
    stack: str | None = None,
    *,
    confirmed: str | None = None,
    minutes: float | None = None,
) -> Target:
    """Return the target called `name`, ready for a drill.

    Args:
        name: "local" or "aws".
        stack: Which environment on AWS.
        confirmed: That environment's name as it was typed; production insists on it.
        minutes: Of the budget on AWS; None is its default.

    Raises:
        TargetError: There is no such target, or it cannot be reached now.
    """
    if name == "local":
        # Only here: whoever drills a stack in AWS needs nothing of the local cluster.
        from chaos.targets.local import open_local  # noqa: PLC0415

        return open_local()
    if name == "aws":
        if stack is None:
            raise TargetError("target 'aws': which environment? Add for instance --stack dev")
        from chaos.targets.aws import open_aws  # noqa: PLC0415
        from chaos.targets.aws_guard import MINUTES  # noqa: PLC0415

        return open_aws(stack, confirmed=confirmed, minutes=MINUTES if minutes is None else minutes)
    raise TargetError(f"target {name!r}: no such target. Use one of: {', '.join(NAMES)}")
