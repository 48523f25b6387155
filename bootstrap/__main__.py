"""The account, once, before any environment: `pulumi up --stack account` in this folder.

Its own state cannot be in the bucket that it makes; docs/aws.md keeps it in a folder.
"""

import sys
from pathlib import Path

# Pulumi runs this folder as the program; what it is made of stands beside it.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pulumi
from pulumi_aws import Provider
from pulumi_aws.get_caller_identity import get_caller_identity
from pydantic import ValidationError

from components.bootstrap import Bootstrap, BootstrapArgs, outputs
from components.tags import PREFIX
from setting_groups.aws.bootstrap import Bootstrap as Settings
from setting_groups.mistakes import explained


def main() -> None:
    """Build the account's part."""
    config = pulumi.Config()
    values = {
        "region": pulumi.Config("aws").get("region"),
        "owner": config.get("owner"),
        "repository": config.get("repository"),
        "environments": config.get_object("environments"),
    }
    settings = Settings.model_validate(
        {key: value for key, value in values.items() if value is not None}
    )
    made = Bootstrap(
        "bootstrap",
        BootstrapArgs(
            settings=settings,
            providers={region: Provider(region, region=region) for region in settings.regions},
            account_id=get_caller_identity().account_id,
            tags={f"{PREFIX}owner": settings.owner, f"{PREFIX}managed-by": "pulumi"},
        ),
    )
    for name, value in outputs(made, settings).items():
        pulumi.export(name, value)


try:
    main()
except ValidationError as error:
    lines = "\n".join(f"  - {line}" for line in explained(error, Settings))
    pulumi.log.error(f"bootstrap/Pulumi.{pulumi.get_stack()}.yaml:\n{lines}")
    sys.exit(1)
