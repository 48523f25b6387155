"""Everything that is kept or sent is encrypted, in every environment, with keys of our own at rest.

With a key of our own, who may read is decided in one more place, and every reading leaves a trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.buckets import BUCKET, parts, takes_logs
from policies.graph import Graph
from policies.resource import Resource
from policies.statements import statements
from policies.violation import Violation

KEYED = {
    "aws:backup/vault:Vault": "kmsKeyArn",
    "aws:cloudwatch/logGroup:LogGroup": "kmsKeyId",
    "aws:dynamodb/table:Table": "serverSideEncryption.kmsKeyArn",
    "aws:ebs/volume:Volume": "kmsKeyId",
    "aws:ecr/repository:Repository": "encryptionConfigurations.kmsKey",
    "aws:efs/fileSystem:FileSystem": "kmsKeyId",
    "aws:rds/cluster:Cluster": "kmsKeyId",
    "aws:rds/instance:Instance": "kmsKeyId",
    "aws:secretsmanager/secret:Secret": "kmsKeyId",
    "aws:sns/topic:Topic": "kmsMasterKeyId",
    "aws:ssm/parameter:Parameter": "keyId",
}
"""Types that keep something, and the input that names the key. A path goes into the first block."""
STRONG = ("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-")
"""Families of policies without TLS 1.0 and 1.1.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""
_ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
_DATABASES = ("aws:rds/cluster:Cluster", "aws:rds/instance:Instance")
_PARAMETERS = (
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    "aws:rds/parameterGroup:ParameterGroup",
)


def what_is_kept_has_a_key_of_our_own(graph: Graph) -> Iterator[Violation]:
    """Databases, logs, secrets, topics, images and backups name a customer-managed key."""
    for resource in graph.of(*KEYED):
        if resource.type in _DATABASES and _copies_within_the_region(resource):
            continue  # AWS takes the source's key, and refuses another
        key = _first_block(resource.inputs, KEYED[resource.type])
        if not key or "alias/aws/" in str(key):
            yield Violation(
                resource, f"{KEYED[resource.type]} {key}", "Give it the ARN of an EncryptionKey"
            )


def databases_are_encrypted(graph: Graph) -> Iterator[Violation]:
    """Databases say storageEncrypted: a key alone does not turn it on."""
    for database in graph.of(*_DATABASES):
        if not database.at("storageEncrypted") and not _copies_within_the_region(database):
            yield Violation(
                database, f"storageEncrypted {database.at('storageEncrypted')}", "Set it to true"
            )


def queues_are_encrypted(graph: Graph) -> Iterator[Violation]:
    """A queue is encrypted, with a key of our own or with SQS's.

    What waits in one here is a request that could not be made: ARNs, and nothing from a database.
    """
    for queue in graph.of("aws:sqs/queue:Queue"):
        if not queue.at("kmsMasterKeyId") and queue.at("sqsManagedSseEnabled") is not True:
            yield Violation(queue, "names no key, and not SQS's own", "Set sqsManagedSseEnabled")


def buckets_are_encrypted(graph: Graph) -> Iterator[Violation]:
    """A bucket encrypts with a key of our own; one that AWS writes logs into, with S3's.

    The balancer's access logs and S3's own are delivered only to buckets with SSE-S3:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    for bucket in graph.of(BUCKET):
        if not any(parts(graph, bucket, _ENCRYPTION)):
            yield Violation(
                bucket,
                "nothing says how it encrypts",
                "Register a BucketServerSideEncryptionConfiguration",
            )
        for configuration in parts(graph, bucket, _ENCRYPTION):
            for rule in configuration.items("rules") if not takes_logs(graph, bucket) else ():
                chosen = rule.get("applyServerSideEncryptionByDefault") or {}
                if chosen.get("sseAlgorithm") != "aws:kms" or not chosen.get("kmsMasterKeyId"):
                    yield Violation(
                        configuration,
                        f"sseAlgorithm {chosen.get('sseAlgorithm')}, kmsMasterKeyId "
                        f"{chosen.get('kmsMasterKeyId')}",
                        "Set aws:kms and the ARN of an EncryptionKey",
                    )


def buckets_refuse_plain_http(graph: Graph) -> Iterator[Violation]:
    """Every bucket's policy denies whatever does not come over TLS."""
    for bucket in graph.of(BUCKET):
        policies = list(parts(graph, bucket, "aws:s3/bucketPolicy:BucketPolicy"))
        known = [policy for policy in policies if not policy.unknown("policy")]
        if policies and not known:
            continue
        if not any(_denies_plain_http(entry) for policy in known for entry in statements(policy)):
            yield Violation(
                bucket,
                "no policy denies plain HTTP",
                "Deny s3:* where aws:SecureTransport is false",
            )


def keys_are_renewed(graph: Graph) -> Iterator[Violation]:
    """Every encryption key is rotated by AWS, each year."""
    for key in graph.of("aws:kms/key:Key"):
        symmetric = str(key.at("customerMasterKeySpec") or "SYMMETRIC_DEFAULT")
        if symmetric == "SYMMETRIC_DEFAULT" and not key.at("enableKeyRotation"):
            yield Violation(
                key, f"enableKeyRotation {key.at('enableKeyRotation')}", "Set it to true"
            )


def listeners_speak_modern_tls(graph: Graph) -> Iterator[Violation]:
    """The door speaks TLS 1.2 or newer; over plain HTTP it only redirects.

    AWS's default policy, of 2016, still has TLS 1.0.
    """
    for listener in graph.of("aws:lb/listener:Listener"):
        protocol, policy = listener.at("protocol"), str(listener.at("sslPolicy"))
        if protocol == "HTTPS" and not policy.startswith(STRONG):
            yield Violation(
                listener, f"sslPolicy {policy}: is not modern", f"Use one that begins {STRONG[0]}"
            )
        redirects = [
            (action.get("type"), (action.get("redirect") or {}).get("protocol"))
            for action in listener.items("defaultActions")
        ]
        if protocol != "HTTPS" and redirects != [("redirect", "HTTPS")]:
            yield Violation(
                listener, f"{protocol} without a redirect", "Redirect to HTTPS and do nothing else"
            )
    for rule in graph.of("aws:lb/listenerRule:ListenerRule"):
        for listener in graph.origins(rule, "listenerArn"):
            if listener.at("protocol") != "HTTPS":
                yield Violation(rule, "answers over plain HTTP", "Attach it to the HTTPS listener")


def databases_force_tls(graph: Graph) -> Iterator[Violation]:
    """Databases and their proxies refuse connections without TLS.

    PostgreSQL 15 and newer do so by default on RDS; written down, it stays so.
    """
    for group in graph.of(*_PARAMETERS):
        values = {item.get("name"): item.get("value") for item in group.items("parameters")}
        if str(values.get("rds.force_ssl")) != "1":
            yield Violation(
                group, f"rds.force_ssl {values.get('rds.force_ssl')}", "Add the parameter, value 1"
            )
    for database in graph.of(*_DATABASES):
        if not (database.at("dbClusterParameterGroupName") or database.at("parameterGroupName")):
            yield Violation(
                database, "uses AWS's default parameters", "Name a parameter group of our own"
            )
    for proxy in graph.of("aws:rds/proxy:Proxy"):
        if not proxy.at("requireTls"):
            yield Violation(proxy, f"requireTls {proxy.at('requireTls')}", "Set it to true")


def _copies_within_the_region(database: Resource) -> bool:
    source = str(database.at("replicateSourceDb") or "")
    return bool(source) and not source.startswith("arn:")


def _first_block(inputs: Any, path: str) -> Any:
    value = inputs
    for key in path.split("."):
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _denies_plain_http(statement: dict[str, Any]) -> bool:
    conditions = statement.get("Condition") or {}
    secure = (conditions.get("Bool") or {}).get("aws:SecureTransport")
    return statement.get("Effect") == "Deny" and str(secure).lower() == "false"
