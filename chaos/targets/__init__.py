"""What drills are run against: one module per target, opened by name."""

from __future__ import annotations

from chaos.target import Target, TargetError

NAMES = ("local", "aws")


def open_target(name: str) -> Target:
    """Return the target called `name`, ready for a drill.

    Raises:
        TargetError: There is no such target, or it cannot be reached now.
    """
    if name == "local":
        # Only here: whoever drills a stack in AWS needs nothing of the local cluster.
        from chaos.targets.local import open_local  # noqa: PLC0415

        return open_local()
    if name == "aws":
        raise TargetError(
            "target 'aws': drills against a stack in AWS come with a later release. "
            "Use --target local"
        )
    raise TargetError(f"target {name!r}: no such target. Use one of: {', '.join(NAMES)}")
