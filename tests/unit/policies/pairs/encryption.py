"""Graphs that satisfy and break the rules of policies/encryption.py."""

from __future__ import annotations

from typing import Any

from policies import encryption as rules
from policies.resource import Resource
from tests.unit.policies.graphs import Pair, made, policy

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
BUCKET = made("aws:s3/bucket:Bucket")
TLS = policy(
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
)
FORCED = {"name": "rds.force_ssl", "value": "1"}
MODERN = "ELBSecurityPolicy-TLS13-1-2-2021-06"
REDIRECT = [{"type": "redirect", "redirect": {"protocol": "HTTPS"}}]
FORWARD = [{"type": "forward"}]


def keyed(type_: str, path: str, key: str | None) -> Resource:
    block, _, inner = path.rpartition(".")
    inputs: dict[str, Any] = {block: [{inner: key}]} if block else {path: key}
    return made(type_, **inputs)


def encryption(algorithm: str, **chosen: str) -> Resource:
    return made(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        refers={"bucket": BUCKET},
        rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, **chosen}}],
    )


def bucket_policy(text: str) -> Resource:
    return made("aws:s3/bucketPolicy:BucketPolicy", "p", refers={"bucket": BUCKET}, policy=text)


def listener(protocol: str, actions: list[dict[str, Any]], policy: str | None = None) -> Resource:
    return made(
        "aws:lb/listener:Listener", protocol=protocol, sslPolicy=policy, defaultActions=actions
    )


def listener_rule(of: Resource) -> Resource:
    return made("aws:lb/listenerRule:ListenerRule", refers={"listenerArn": of})


def parameters(*given: dict[str, str]) -> Resource:
    return made("aws:rds/clusterParameterGroup:ClusterParameterGroup", parameters=list(given))


LOGGED_INTO = made("aws:lb/loadBalancer:LoadBalancer", "door", refers={"accessLogs": BUCKET})

PAIRS = (
    *(
        Pair(
            rules.what_is_kept_has_a_key_of_our_own,
            f"{type_.split(':')[-1]} without a key",
            (keyed(type_, path, KEY),),
            (keyed(type_, path, None),),
            stack="dev",
        )
        for type_, path in rules.KEYED.items()
    ),
    Pair(
        rules.what_is_kept_has_a_key_of_our_own,
        "a topic with AWS's own key",
        (made("aws:sns/topic:Topic", kmsMasterKeyId=KEY),),
        (made("aws:sns/topic:Topic", kmsMasterKeyId="alias/aws/sns"),),
    ),
    Pair(
        rules.what_is_kept_has_a_key_of_our_own,
        "a copy from another region without a key",
        (made("aws:rds/instance:Instance", replicateSourceDb="mlflow-ha-prod"),),
        (made("aws:rds/instance:Instance", replicateSourceDb="arn:aws:rds:us-east-1:1:db:x"),),
    ),
    Pair(
        rules.databases_are_encrypted,
        "a key, and encryption left off",
        (made("aws:rds/cluster:Cluster", storageEncrypted=True),),
        (made("aws:rds/cluster:Cluster", kmsKeyId=KEY),),
        stack="dev",
    ),
    Pair(
        rules.queues_are_encrypted,
        "plain",
        (
            made("aws:sqs/queue:Queue", sqsManagedSseEnabled=True),
            made("aws:sqs/queue:Queue", kmsMasterKeyId=KEY),
        ),
        (made("aws:sqs/queue:Queue", sqsManagedSseEnabled=False),),
        stack="dev",
    ),
    Pair(
        rules.buckets_are_encrypted,
        "nothing said",
        (BUCKET, encryption("aws:kms", kmsMasterKeyId=KEY)),
        (BUCKET,),
        stack="dev",
    ),
    Pair(
        rules.buckets_are_encrypted,
        "S3's key where no logs arrive",
        (BUCKET, LOGGED_INTO, encryption("AES256")),
        (BUCKET, encryption("AES256")),
    ),
    Pair(
        rules.buckets_are_encrypted,
        "AWS's key",
        (BUCKET, encryption("aws:kms", kmsMasterKeyId=KEY)),
        (BUCKET, encryption("aws:kms")),
    ),
    Pair(
        rules.buckets_refuse_plain_http,
        "no policy",
        (BUCKET, bucket_policy(TLS)),
        (BUCKET,),
        stack="dev",
    ),
    Pair(
        rules.buckets_refuse_plain_http,
        "a policy about something else",
        (BUCKET, bucket_policy("[unknown]")),
        (BUCKET, bucket_policy(TLS.replace("Deny", "Allow"))),
    ),
    Pair(
        rules.keys_are_renewed,
        "a key for ever",
        (made("aws:kms/key:Key", enableKeyRotation=True),),
        (made("aws:kms/key:Key"),),
        stack="dev",
    ),
    Pair(
        rules.listeners_speak_modern_tls,
        "the policy of 2016",
        (listener("HTTPS", FORWARD, MODERN), listener("HTTP", REDIRECT)),
        (listener("HTTPS", FORWARD, "ELBSecurityPolicy-2016-08"),),
        stack="dev",
    ),
    Pair(
        rules.listeners_speak_modern_tls,
        "TLS 1.0 beside 1.3",
        (listener("HTTPS", FORWARD, MODERN),),
        (listener("HTTPS", FORWARD, "ELBSecurityPolicy-TLS13-1-0-2021-06"),),
    ),
    Pair(
        rules.listeners_speak_modern_tls,
        "plain HTTP that serves",
        (listener("HTTP", REDIRECT),),
        (listener("HTTP", FORWARD),),
    ),
    Pair(
        rules.listeners_speak_modern_tls,
        "a rule on plain HTTP",
        (
            listener("HTTPS", FORWARD, MODERN),
            listener_rule(listener("HTTPS", FORWARD, MODERN)),
        ),
        (listener("HTTP", REDIRECT), listener_rule(listener("HTTP", REDIRECT))),
    ),
    Pair(
        rules.databases_force_tls,
        "TLS as a choice",
        (parameters(FORCED),),
        (parameters({"name": "rds.force_ssl", "value": "0"}),),
        stack="dev",
    ),
    Pair(
        rules.databases_force_tls,
        "AWS's default parameters",
        (made("aws:rds/cluster:Cluster", dbClusterParameterGroupName="ours"),),
        (made("aws:rds/cluster:Cluster"),),
    ),
    Pair(
        rules.databases_force_tls,
        "a proxy that takes plain text",
        (made("aws:rds/proxy:Proxy", requireTls=True),),
        (made("aws:rds/proxy:Proxy"),),
    ),
)
