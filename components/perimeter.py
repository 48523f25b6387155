"""What passes the VPC's endpoints: this account's identities, and in S3 this account's buckets.

An endpoint's policy gives no permission. It keeps a task that was taken over from using somebody
else's credentials, or from carrying data into somebody else's bucket.
"""

from pulumi import Input, Output

from components import iam
from components.resource_policy import EVERYBODY, granted_to


def own_identities(account_id: Input[str]) -> Output[str]:
    """Return the policy of an endpoint that only the account's own identities pass."""
    return iam.document(
        granted_to(
            EVERYBODY,
            iam.allow_any(
                ["*"],
                because="IAM decides what each identity may do",
                conditions={"StringEquals": {"aws:PrincipalAccount": account_id}},
            ),
        )
    )


def own_buckets(account_id: Input[str], region: str) -> Output[str]:
    """Return the policy of S3's endpoint: own identities, own buckets, and layers of images.

    The layers are in a bucket of ECR's, and are fetched by addresses that ECR has signed.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    own = {"aws:PrincipalAccount": account_id, "aws:ResourceAccount": account_id}
    return iam.document(
        granted_to(
            EVERYBODY,
            iam.allow_any(
                ["s3:*"],
                because="IAM decides on which of the account's buckets",
                conditions={"StringEquals": own},
            ),
        ),
        granted_to(
            EVERYBODY,
            iam.allow(
                ["s3:GetObject"],
                [f"arn:aws:s3:::prod-{region}-starport-layer-bucket/*"],
                conditions={"Bool": {"aws:SecureTransport": "true"}},
            ),
        ),
    )
