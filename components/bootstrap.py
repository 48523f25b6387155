"""What an account needs before its first environment: states, images, and who may deploy."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import Provider, ecr, iam

from components.deploy_permissions import Store, Target
from components.github_roles import GitHubRoles, GitHubRolesArgs
from components.image_repository import REPOSITORY, ImageRepository, ImageRepositoryArgs
from components.state_store import StateStore, StateStoreArgs
from setting_groups.aws.bootstrap import Bootstrap as BootstrapSettings


@dataclass(frozen=True, kw_only=True)
class BootstrapArgs:
    """Args of `Bootstrap`.

    Args:
        settings: The environments, and the repository they are deployed from.
        providers: For each region of the settings, one that builds there.
        account_id: The account.
        tags: For every resource.
    """

    settings: BootstrapSettings
    providers: Mapping[str, Provider]
    account_id: str
    tags: dict[str, str]


class Bootstrap(pulumi.ComponentResource):
    """One store of states and one image repository per region, and the roles of GitHub's workflows.

    A region has its own store because a region's loss must not take away the state of the
    environment that is to replace it.
    """

    stores: Mapping[str, StateStore]
    repositories: Mapping[str, ImageRepository]
    roles: GitHubRoles

    def __init__(self, name: str, args: BootstrapArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("mlflow-ha:aws:Bootstrap", name, None, opts)
        self._name, self._args = name, args
        self.stores = {region: self._store(region) for region in args.settings.regions}
        self.repositories = {region: self._images(region) for region in args.settings.regions}
        self._replicate_images()
        # An account that has never used ECS lacks this role, and its first service fails.
        iam.ServiceLinkedRole(
            "ecs",
            aws_service_name="ecs.amazonaws.com",
            tags=args.tags,
            opts=ResourceOptions(parent=self),
        )
        self.roles = self._roles()
        self.register_outputs({})

    def _store(self, region: str) -> StateStore:
        return StateStore(
            f"state-{region}",
            StateStoreArgs(account_id=self._args.account_id, region=region, tags=self._args.tags),
            self._in(region),
        )

    def _images(self, region: str) -> ImageRepository:
        return ImageRepository(
            f"images-{region}",
            ImageRepositoryArgs(
                account_id=self._args.account_id, region=region, tags=self._args.tags
            ),
            self._in(region),
        )

    def _replicate_images(self) -> None:
        home, *others = self._args.settings.regions
        if not others:
            return
        ecr.ReplicationConfiguration(
            self._name,
            replication_configuration=ecr.ReplicationConfigurationReplicationConfigurationArgs(
                rules=[
                    ecr.ReplicationConfigurationReplicationConfigurationRuleArgs(
                        destinations=[
                            ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs(
                                region=region, registry_id=self._args.account_id
                            )
                            for region in others
                        ],
                        repository_filters=[
                            ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgs(
                                filter=REPOSITORY, filter_type="PREFIX_MATCH"
                            )
                        ],
                    )
                ]
            ),
            # Into a repository that does not exist ECR replicates too, but without our key.
            opts=ResourceOptions(
                parent=self,
                provider=self._args.providers[home],
                depends_on=[self.repositories[region] for region in others],
            ),
        )

    def _roles(self) -> GitHubRoles:
        stores = {
            region: Store(bucket_arn=store.bucket_arn, key_arn=store.key_arn)
            for region, store in self.stores.items()
        }
        return GitHubRoles(
            "github",
            GitHubRolesArgs(
                repository=self._args.settings.repository,
                stores=list(stores.values()),
                targets=[
                    Target(
                        environment=environment,
                        region=place.region,
                        zone_id=place.zone_id,
                        store=stores[place.region],
                    )
                    for environment, place in self._args.settings.environments.items()
                ],
                regions=self._args.settings.regions,
                account_id=self._args.account_id,
                tags=self._args.tags,
            ),
            ResourceOptions(parent=self),
        )

    def _in(self, region: str) -> ResourceOptions:
        return ResourceOptions(parent=self, providers=[self._args.providers[region]])


def outputs(made: Bootstrap, settings: BootstrapSettings) -> dict[str, Input[object]]:
    """What people and workflows take from here, by the name under which it is exported.

    Args:
        made: The account's part.
        settings: What it was made for.
    """
    return {
        "first_image": made.repositories[settings.region].url.apply(
            lambda url: first_image(url, settings.region)
        ),
        "boundary_arn": made.roles.boundary_arn,
        "preview_role_arn": made.roles.preview_role_arn,
        "environments": {
            environment: {
                "state": Output.concat(
                    "s3://", made.stores[place.region].bucket, "?region=", place.region
                ),
                "secrets_provider": Output.concat(
                    "awskms:///", made.stores[place.region].key_arn, "?region=", place.region
                ),
                "image_repository": made.repositories[place.region].url,
                "deploy_role_arn": made.roles.deploy_role_arns[environment],
            }
            for environment, place in settings.environments.items()
        },
    }


def first_image(url: str, region: str) -> str:
    """The commands that build an image and put it into the repository.

    Args:
        url: The repository's address, without a tag.
        region: Where it is.
    """
    registry = url.partition("/")[0]
    return f"""\
# From the top of the checkout.
TAG=$(git rev-parse --short HEAD)
aws ecr get-login-password --region {region} | \\
  docker login --username AWS --password-stdin {registry}
docker buildx build --platform linux/arm64 --provenance=false --tag {url}:$TAG --push server
aws ecr describe-images --region {region} --repository-name {REPOSITORY} \\
  --image-ids imageTag=$TAG --query 'imageDetails[0].imageDigest' --output text
# Write {url}@DIGEST, with the digest just printed, into the stack file: aws.service.image.
"""
