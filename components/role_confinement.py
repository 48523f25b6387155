"""Every role of an environment stands under one path and inside one boundary.

The role that deploys may only make roles there and with it, so that no deployment can give itself
or what it makes more than the boundary allows.
"""

import pulumi
from pulumi import Input, ResourceTransformationArgs, ResourceTransformationResult

_ROLE = "aws:iam/role:Role"


def role_path(environment: str) -> str:
    """The path of an environment's roles in IAM, with a slash at each end."""
    return f"/mlflow-ha/{environment}/"


def confine_roles(environment: str, boundary_arn: Input[str]) -> None:
    """Give every role that is made after this its path and its permissions boundary.

    Done to the whole stack and not in each component: one that forgot would fail only on AWS, at
    the deploy role's hands.

    Args:
        environment: The environment's name.
        boundary_arn: The managed policy that the bootstrap stack made.
    """

    def confined(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
        if args.type_ != _ROLE:
            return None
        return ResourceTransformationResult(
            props={
                **args.props,
                "path": role_path(environment),
                "permissions_boundary": boundary_arn,
            },
            opts=args.opts,
        )

    pulumi.runtime.register_stack_transformation(confined)
