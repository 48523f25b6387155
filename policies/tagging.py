"""Every resource says whose it is, in every environment: costs and owners are asked for in all."""

from __future__ import annotations

from collections.abc import Iterator

from policies.graph import Graph
from policies.violation import Violation

UNTAGGABLE = frozenset(
    {
        "aws:acm/certificateValidation:CertificateValidation",
        "aws:appautoscaling/policy:Policy",
        "aws:backup/selection:Selection",
        "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        "aws:backup/vaultNotifications:VaultNotifications",
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        "aws:ec2/route:Route",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:kms/alias:Alias",
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup",
        "aws:rds/proxyTarget:ProxyTarget",
        "aws:route53/record:Record",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:scheduler/schedule:Schedule",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        "aws:wafv2/webAclRule:WebAclRule",
    }
)
"""Types that have no tags. A type that is not here has to carry them, so a new one is not forgotten;
a test asks the installed SDK that these have none."""


def resources_say_whose_they_are(graph: Graph) -> Iterator[Violation]:
    """Every resource of AWS that can have tags has those of its environment, or of its account."""
    for resource in graph.resources:
        if not resource.type.startswith("aws:") or resource.type in UNTAGGABLE:
            continue
        if resource.unknown("tags"):
            continue
        tags = resource.at("tags") or {}
        expected = graph.asked.tags.items()
        wrong = {key: tags.get(key) for key, value in expected if tags.get(key) != value}
        if wrong:
            yield Violation(
                resource,
                ", ".join(f"{key} is {value}" for key, value in wrong.items()),
                "Pass components.tags.tags(settings) to it",
            )
