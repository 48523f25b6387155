"""Where one region's tasks get their image from."""

from dataclasses import dataclass

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_aws import ecr

from components.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.tags import named

REPOSITORY = "mlflow-ha"
"""Its name, the same in every region, so that replication and stack files agree."""

UNTAGGED_DAYS = 14
KEPT_IMAGES = 100
"""Far more than the releases that somebody could want to go back to."""


@dataclass(frozen=True, kw_only=True)
class ImageRepositoryArgs:
    """Args of `ImageRepository`.

    Args:
        account_id: The account.
        region: Where it is.
        tags: For every resource.
    """

    account_id: str
    region: str
    tags: dict[str, str]


class ImageRepository(pulumi.ComponentResource):
    """A repository whose tags never move and whose images are scanned when they arrive."""

    url: Output[str]

    def __init__(
        self, name: str, args: ImageRepositoryArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:ImageRepository", name, None, opts)
        key = EncryptionKey(
            name,
            EncryptionKeyArgs(
                purpose="images",
                account_id=args.account_id,
                region=args.region,
                protected=True,
                tags=args.tags,
            ),
            ResourceOptions(parent=self),
        )
        repository = ecr.Repository(
            name,
            name=REPOSITORY,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=ecr.RepositoryImageScanningConfigurationArgs(
                scan_on_push=True
            ),
            encryption_configurations=[
                ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=key.arn)
            ],
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self, protect=True),
        )
        ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=_lifecycle(),
            opts=ResourceOptions(parent=self),
        )
        self.url = repository.repository_url
        self.register_outputs({"url": self.url})


def _lifecycle() -> Output[str]:
    def expire(
        priority: int, description: str, selection: dict[str, str | int]
    ) -> dict[str, object]:
        return {
            "rulePriority": priority,
            "description": description,
            "selection": selection,
            "action": {"type": "expire"},
        }

    return Output.json_dumps(
        {
            "rules": [
                expire(
                    1,
                    f"untagged for {UNTAGGED_DAYS} days",
                    {
                        "tagStatus": "untagged",
                        "countType": "sinceImagePushed",
                        "countUnit": "days",
                        "countNumber": UNTAGGED_DAYS,
                    },
                ),
                expire(
                    2,
                    f"all but the newest {KEPT_IMAGES}",
                    {
                        "tagStatus": "any",
                        "countType": "imageCountMoreThan",
                        "countNumber": KEPT_IMAGES,
                    },
                ),
            ]
        }
    )
