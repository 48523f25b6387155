"""What a resource says of itself once it exists: its inputs, and plausible values for the rest."""

from __future__ import annotations

from typing import Any

from tools.recording_provider import schema, values
from tools.recording_provider.identities import NAMES, PREFIXES, Identity, identity

DATE = "2026-01-01T00:00:00Z"
_RDS = "{name}.{h12}.{region}.rds.amazonaws.com"
_MASTER_SECRET = [
    {
        "secretArn": "arn:aws:secretsmanager:{region}:{account}:secret:rds!{name}-{h6}",
        "kmsKeyId": "{masterUserSecretKmsKeyId}",
        "secretStatus": "active",
    }
]

# Outputs whose form others rely on: they end in a dimension of an alarm, a host name or a policy.
# Templates as in identities.py.
COMPUTED: dict[str, dict[str, Any]] = {
    "aws:acm/certificate:Certificate": {"status": "ISSUED", "type": "AMAZON_ISSUED"},
    "aws:ec2/eip:Eip": {"allocationId": "{id}", "publicIp": "192.0.2.10"},
    "aws:ec2/natGateway:NatGateway": {"publicIp": "192.0.2.10"},
    "aws:ec2/vpc:Vpc": {
        "defaultSecurityGroupId": "sg-{h17}",
        "defaultRouteTableId": "rtb-{h17}",
        "mainRouteTableId": "rtb-{h17}",
        "defaultNetworkAclId": "acl-{h17}",
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "dnsEntries": [{"dnsName": "{id}-{h8}.vpce.amazonaws.com", "hostedZoneId": "Z{H26}"}],
        "prefixListId": "pl-{h8}",
        "state": "available",
    },
    "aws:ecr/repository:Repository": {
        "registryId": "{account}",
        "repositoryUrl": "{account}.dkr.ecr.{region}.amazonaws.com/{name}",
    },
    "aws:ecs/taskDefinition:TaskDefinition": {
        "arnWithoutRevision": "arn:aws:ecs:{region}:{account}:task-definition/{name}",
    },
    "aws:kms/alias:Alias": {"targetKeyArn": "arn:aws:kms:{region}:{account}:key/{targetKeyId}"},
    "aws:kms/key:Key": {"keyId": "{id}"},
    "aws:kms/replicaKey:ReplicaKey": {"keyId": "{id}"},
    "aws:lambda/function:Function": {
        "invokeArn": "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
        "qualifiedArn": "{arn}:$LATEST",
        "version": "$LATEST",
    },
    "aws:lb/loadBalancer:LoadBalancer": {
        "arnSuffix": "app/{name}/{h16}",
        "dnsName": "{name}-{h8}.{region}.elb.amazonaws.com",
        "vpcId": "vpc-{h17}",
        "zoneId": "Z{H26}",
    },
    "aws:lb/targetGroup:TargetGroup": {"arnSuffix": "targetgroup/{name}/{h16}"},
    "aws:rds/cluster:Cluster": {
        "clusterResourceId": "cluster-{H26}",
        "endpoint": "{name}.cluster-{h12}.{region}.rds.amazonaws.com",
        "readerEndpoint": "{name}.cluster-ro-{h12}.{region}.rds.amazonaws.com",
        "engineVersionActual": "{engineVersion}",
        "masterUserSecrets": _MASTER_SECRET,
        "port": 5432,
    },
    "aws:rds/instance:Instance": {
        "address": _RDS,
        "endpoint": f"{_RDS}:5432",
        "engineVersionActual": "{engineVersion}",
        "masterUserSecrets": _MASTER_SECRET,
        "port": 5432,
        "resourceId": "{id}",
        "status": "available",
    },
    "aws:rds/proxy:Proxy": {"endpoint": "{name}.proxy-{h12}.{region}.rds.amazonaws.com"},
    "aws:route53/record:Record": {"fqdn": "{name}"},
    "aws:route53/zone:Zone": {"zoneId": "{id}", "nameServers": ["ns-1.awsdns-01.org"]},
    "aws:s3/bucket:Bucket": {
        "bucketDomainName": "{name}.s3.amazonaws.com",
        "bucketRegion": "{region}",
        "bucketRegionalDomainName": "{name}.s3.{region}.amazonaws.com",
    },
    "aws:secretsmanager/secretVersion:SecretVersion": {
        "secretArn": "{secretId}",
        "versionId": "{uuid}",
    },
    "aws:sns/topic:Topic": {"owner": "{account}"},
    "aws:sqs/queue:Queue": {"url": "{id}"},
}


def created(
    token: str,
    urn: str,
    inputs: values.Properties,
    *,
    region: str,
    previous: values.Properties | None,
) -> tuple[str, values.Properties]:
    """The id and the outputs of a new resource; arguments as for `identities.identity`."""
    who = identity(token, urn, values.bare(inputs), region=region, previous=previous)
    given = {name: value for name, value in inputs.items() if value is not None}
    return who.id, _computed(token, who, given) | given


def awaited(token: str, inputs: values.Properties) -> values.Properties:
    """The outputs of a resource that a preview would make: what is not given is unknown."""
    return dict.fromkeys(schema.resource(token).outputs, values.UNKNOWN) | inputs


def _computed(token: str, who: Identity, given: values.Properties) -> values.Properties:
    declared = schema.resource(token)
    templates = {"ownerId": "{account}", "revision": who.fields["revision"]}
    templates |= COMPUTED.get(token, {}) | _validation(token, given)
    facts = {name: _filled(template, who) for name, template in templates.items()}
    facts |= {name: who.name for name in NAMES if name in declared.inputs.inputs}
    facts |= dict.fromkeys(PREFIXES, "")
    facts |= {"arn": who.arn, "region": who.fields["region"], "tagsAll": given.get("tags", {})}
    return {
        name: facts[name] if name in facts else _made_up(name, kind, declared, who)
        for name, kind in declared.outputs.items()
    }


def _validation(token: str, given: values.Properties) -> values.Properties:
    """The DNS records by which a certificate's owner proves to own its names."""
    if token != "aws:acm/certificate:Certificate":  # noqa: S105 - a type, not a password
        return {}
    names = [given.get("domainName", ""), *given.get("subjectAlternativeNames", [])]
    options = [
        {
            "domainName": name,
            "resourceRecordName": f"_{{h12}}.{name.removeprefix('*.')}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": "_{h17}.acm-validations.aws.",
        }
        for name in dict.fromkeys(names)
    ]
    return {"domainValidationOptions": options}


def _filled(value: Any, who: Identity) -> Any:
    if isinstance(value, str):
        return value.format_map(who.fields)
    if isinstance(value, list):
        return [_filled(item, who) for item in value]
    if values.is_plain_map(value):
        return {key: _filled(item, who) for key, item in value.items()}
    return value


def _made_up(name: str, kind: Any, declared: schema.Resource, who: Identity) -> Any:
    """A value of the right type; for what AWS chooses when a program does not, an empty one."""
    if shape := schema.container(kind):
        return shape()
    if kind in (bool, int, float):
        return kind()
    if kind is not str:
        return {}
    if name in declared.inputs.inputs:
        return ""
    if name.endswith(("Date", "Time", "Modified", "ValidTill")):
        return DATE
    return f"{who.name}-{name}" if not name.endswith("Arn") else f"{who.arn}/{name}"
