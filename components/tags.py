"""The tags that every resource carries, so that costs and owners can be told apart."""

from settings import Settings

PREFIX = "mlflow-ha:"


def tags(settings: Settings) -> dict[str, str]:
    """Return the tags of one environment.

    Raises:
        ValueError: The settings describe no environment on AWS.
    """
    if settings.aws is None:
        raise ValueError(
            f"environment {settings.environment!r} has no aws settings. Use one of stacks/ that has"
        )
    return {
        f"{PREFIX}environment": settings.environment,
        f"{PREFIX}owner": settings.aws.owner,
        f"{PREFIX}managed-by": "pulumi",
    }


def named(common: dict[str, str], name: str) -> dict[str, str]:
    """Return the tags with the one that AWS's console shows as a name."""
    return {**common, "Name": name}
