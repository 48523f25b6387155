"""The roles that GitHub's workflows take, without any secret kept at GitHub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_aws import iam

from components.deploy_permissions import BOUNDARY, Store, Target, boundary, deploy, preview
from components.iam import Statement, document
from components.tags import named

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
"""https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"""

SESSION_SECONDS = 7200
"""The longest update: a new database and a whole deployment, with room."""


@dataclass(frozen=True, kw_only=True)
class GitHubRolesArgs:
    """Args of `GitHubRoles`.

    Args:
        repository: The only one whose workflows may take a role, as OWNER/NAME.
        stores: Where states are kept, all of them.
        targets: Each environment that a workflow may deploy.
        regions: All that anything may be built in.
        account_id: The account.
        tags: For every resource.
    """

    repository: str
    stores: Sequence[Store]
    targets: Sequence[Target]
    regions: Sequence[str]
    account_id: str
    tags: dict[str, str]


class GitHubRoles(pulumi.ComponentResource):
    """One role that previews every environment, and one per environment that deploys it.

    A deploy role is taken only by a job in the GitHub environment of the same name, whose
    protection rules say who has to approve it.
    """

    boundary_arn: Output[str]
    preview_role_arn: Output[str]
    deploy_role_arns: Mapping[str, Output[str]]

    def __init__(
        self, name: str, args: GitHubRolesArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("mlflow-ha:aws:GitHubRoles", name, None, opts)
        self._name, self._args = name, args
        issuer = iam.OpenIdConnectProvider(
            name,
            url=f"https://{ISSUER}",
            client_id_lists=[AUDIENCE],
            tags=named(args.tags, name),
            opts=ResourceOptions(parent=self),
        )
        limit = iam.Policy(
            f"{name}-boundary",
            name=BOUNDARY,
            description="The most that a deployment of mlflow-ha, and what it makes, can do",
            policy=document(*boundary(args.account_id, args.regions, args.stores)),
            tags=args.tags,
            opts=ResourceOptions(parent=self),
        )
        self.boundary_arn = limit.arn
        self.preview_role_arn = self._role(
            "preview", issuer, ["pull_request", "ref:refs/heads/main"], preview(args.stores)
        )
        self.deploy_role_arns = {
            target.environment: self._role(
                f"deploy-{target.environment}",
                issuer,
                [f"environment:{target.environment}"],
                deploy(args.account_id, target),
            )
            for target in args.targets
        }
        self.register_outputs(
            {"boundary_arn": self.boundary_arn, "preview_role_arn": self.preview_role_arn}
        )

    def _role(
        self,
        duty: str,
        issuer: iam.OpenIdConnectProvider,
        subjects: Sequence[str],
        permissions: Sequence[Statement],
    ) -> Output[str]:
        role = iam.Role(
            f"{self._name}-{duty}",
            name=f"mlflow-ha-{duty}",
            assume_role_policy=_taken_by(issuer.arn, self._args.repository, subjects),
            max_session_duration=SESSION_SECONDS,
            permissions_boundary=self.boundary_arn,
            tags=self._args.tags,
            opts=ResourceOptions(parent=self),
        )
        iam.RolePolicy(
            f"{self._name}-{duty}",
            role=role.name,
            policy=document(*permissions),
            opts=ResourceOptions(parent=self),
        )
        return role.arn


def _taken_by(issuer_arn: Input[str], repository: str, subjects: Sequence[str]) -> Output[str]:
    """Trust exactly these subjects: a pattern would also fit a repository that is named alike."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": issuer_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{ISSUER}:aud": AUDIENCE,
                    f"{ISSUER}:sub": [f"repo:{repository}:{subject}" for subject in subjects],
                }
            },
        }
    )
