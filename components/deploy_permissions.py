"""What GitHub's roles may do: preview, deploy, and the boundary of both and of what they make.

A permission on "*" is narrowed by its condition: AWS makes up the names of most of what is deployed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import Input, Output

from components import permission_lists as lists
from components.iam import Statement, allow, allow_any
from components.role_confinement import role_path
from components.tags import PREFIX

BOUNDARY = "mlflow-ha-boundary"
"""Name of the managed policy that is everybody's limit."""

PROJECT = "mlflow-ha"
"""The name in Pulumi.yaml, which its state is filed under."""

_ALL_ROLES = "/mlflow-ha/"


@dataclass(frozen=True, kw_only=True)
class Store:
    """Where states are kept: a bucket and its key.

    Attributes:
        bucket_arn: Of the bucket.
        key_arn: The key that the bucket, and the secrets in a state, are encrypted with.
    """

    bucket_arn: Input[str]
    key_arn: Input[str]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One environment as the role that deploys it sees it.

    Attributes:
        environment: The stack's name.
        region: The only one that it may build in.
        zone_id: The Route 53 zone of its name, if there is one.
        store: Where its state is.
    """

    environment: str
    region: str
    zone_id: str | None
    store: Store


def boundary(account_id: str, regions: Sequence[str], stores: Sequence[Store]) -> list[Statement]:
    """The most that a deployment, and whatever it makes, can do; it grants nothing by itself."""
    return [
        allow_any(
            [*lists.WHOLE_SERVICES, *lists.LIMITED_SERVICES],
            because="this limits and grants nothing",
            conditions=_in_regions(regions),
        ),
        allow_any(lists.UNBOUND_SERVICES, because="this limits and they have no region"),
        *_roles(account_id, _ALL_ROLES),
        _forbid("NobodyOpensAShell", ["ecs:ExecuteCommand"], ["*"]),
        _forbid(
            "TheBootstrapStackAlone",
            [
                "s3:DeleteBucket*",
                "s3:DeleteObjectVersion",
                "s3:PutBucket*",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
                "kms:Disable*",
                "kms:PutKeyPolicy",
                "kms:ScheduleKeyDeletion",
            ],
            [
                arn
                for store in stores
                for arn in (
                    store.bucket_arn,
                    Output.concat(store.bucket_arn, "/*"),
                    store.key_arn,
                )
            ],
        ),
    ]


def preview(stores: Sequence[Store]) -> list[Statement]:
    """What `pulumi preview` and `pulumi refresh --preview-only` ask, for every environment."""
    return [
        allow(
            ["s3:GetObject"],
            [Output.concat(store.bucket_arn, "/.pulumi/*") for store in stores],
        ),
        allow(["s3:ListBucket"], [store.bucket_arn for store in stores]),
        allow(["kms:Decrypt"], [store.key_arn for store in stores]),
        allow_any(
            lists.READING_ACTIONS, because="it reads what things are and not what is in them"
        ),
    ]


def deploy(account_id: str, target: Target) -> list[Statement]:
    """What `pulumi up` and `pulumi destroy` of one environment do."""
    return [
        *_state(target),
        *_parts(target),
        *_functions(account_id, target),
        allow_any(["tag:GetResources"], because="a search names nothing"),
        allow(lists.BUDGET_ACTIONS, [f"arn:aws:budgets::{account_id}:budget/*"]),
        *_roles(account_id, role_path(target.environment)),
        *_name(target),
    ]


def _state(target: Target) -> list[Statement]:
    bucket, environment = target.store.bucket_arn, target.environment
    files = (
        f"stacks/{PROJECT}/{environment}.json*",
        f"history/{PROJECT}/{environment}/*",
        f"backups/{PROJECT}/{environment}/*",
        f"locks/organization/{PROJECT}/{environment}/*",
    )
    return [
        allow(
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            [Output.concat(bucket, "/.pulumi/", file) for file in files],
        ),
        allow(["s3:GetObject"], [Output.concat(bucket, "/.pulumi/meta.yaml")]),
        allow(["s3:ListBucket"], [bucket]),
        allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [target.store.key_arn]),
    ]


def _parts(target: Target) -> list[Statement]:
    here = _in_regions([target.region])
    return [
        allow_any(
            [*lists.WHOLE_SERVICES, *lists.NETWORK_ACTIONS, *lists.BUCKET_ACTIONS],
            because="AWS names what is made and this is one region",
            conditions=here,
        ),
        allow_any(
            [*lists.SECRET_ACTIONS, *lists.KEY_ACTIONS],
            because="AWS names keys and it reads no secret",
            conditions=here,
        ),
        allow_any(
            ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"],
            because="keys are used through services alone",
            conditions={
                "StringEquals": {
                    "kms:ViaService": [
                        f"{service}.{target.region}.amazonaws.com"
                        for service in lists.KEY_USING_SERVICES
                    ]
                }
            },
        ),
    ]


def _functions(account_id: str, target: Target) -> list[Statement]:
    # A function holds a role; one that belongs to another environment must stay out of reach.
    tag = f"{PREFIX}environment"
    return [
        allow_any(
            ["lambda:CreateFunction"],
            because="AWS names functions and it has to carry our tag",
            conditions={"StringEquals": {f"aws:RequestTag/{tag}": [target.environment]}},
        ),
        allow(
            lists.FUNCTION_ACTIONS,
            [f"arn:aws:lambda:{target.region}:{account_id}:function:*"],
            conditions={"StringEquals": {f"aws:ResourceTag/{tag}": [target.environment]}},
        ),
    ]


def _roles(account_id: str, path: str) -> list[Statement]:
    own = [f"arn:aws:iam::{account_id}:role{path}*"]
    limit = f"arn:aws:iam::{account_id}:policy/{BOUNDARY}"
    return [
        allow(
            lists.CONFINED_ROLE_ACTIONS,
            own,
            conditions={"StringEquals": {"iam:PermissionsBoundary": [limit]}},
        ),
        allow(lists.ROLE_ACTIONS, own),
        allow(
            ["iam:PassRole"],
            own,
            conditions={"StringEquals": {"iam:PassedToService": lists.ROLE_TAKERS}},
        ),
        allow(
            ["iam:CreateServiceLinkedRole"],
            [f"arn:aws:iam::{account_id}:role/aws-service-role/*"],
            conditions={"StringEquals": {"iam:AWSServiceName": lists.LINKED_SERVICES}},
        ),
    ]


def _name(target: Target) -> list[Statement]:
    if target.zone_id is None:
        return []
    return [
        allow(
            [
                "route53:ChangeResourceRecordSets",
                "route53:ListResourceRecordSets",
                "route53:GetHostedZone",
            ],
            [f"arn:aws:route53:::hostedzone/{target.zone_id}"],
        ),
        allow(["route53:GetChange"], ["arn:aws:route53:::change/*"]),
    ]


def _in_regions(regions: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    return {"StringEquals": {"aws:RequestedRegion": list(regions)}}


def _forbid(sid: str, actions: Sequence[str], resources: Sequence[Input[str]]) -> Statement:
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": list(resources)}
