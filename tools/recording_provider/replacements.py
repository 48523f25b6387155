"""Inputs whose change replaces a resource where the SDK's documentation does not say so.

Two sources. FORCE_NEW: `ForceNew` in the schema of terraform-provider-aws, which pulumi-aws 7.51
wraps, in the file named. CREATE_ONLY: `createOnlyProperties` in AWS's own CloudFormation schema of
the type named, dated 2026-10-20, as installed with cfn-lint: what AWS cannot change in place, the
provider cannot either. tests/unit/recording_provider/test_replacements.py compares the second kind
with the installed schemas, and both with the inputs of the SDK.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Where it is written that these inputs replace.

    Attributes:
        citation: The file or the schema.
        inputs: Names on the wire.
    """

    citation: str
    inputs: frozenset[str]


def _source(citation: str, inputs: str) -> Source:
    return Source(citation, frozenset(inputs.split()))


FORCE_NEW = {
    "aws:ec2/securityGroup:SecurityGroup": _source(
        "internal/service/ec2/vpc_security_group.go", "description name namePrefix vpcId"
    ),
    "aws:ecs/service:Service": _source(
        "internal/service/ecs/service.go", "cluster iamRole launchType name schedulingStrategy"
    ),
    "aws:ecs/taskDefinition:TaskDefinition": _source(
        "internal/service/ecs/task_definition.go",
        "containerDefinitions cpu ephemeralStorage executionRoleArn family ipcMode memory networkMode "
        "pidMode placementConstraints proxyConfiguration requiresCompatibilities runtimePlatform "
        "taskRoleArn volumes",
    ),
    "aws:lb/loadBalancer:LoadBalancer": _source(
        "internal/service/elbv2/load_balancer.go", "internal loadBalancerType name namePrefix"
    ),
    "aws:lb/targetGroup:TargetGroup": _source(
        "internal/service/elbv2/target_group.go",
        "name namePrefix port protocol protocolVersion targetType vpcId",
    ),
    "aws:rds/cluster:Cluster": _source(
        "internal/service/rds/cluster.go",
        "availabilityZones clusterIdentifier clusterIdentifierPrefix databaseName dbSubnetGroupName "
        "engine kmsKeyId masterUsername restoreToPointInTime snapshotIdentifier storageEncrypted "
        "storageType",
    ),
    "aws:rds/instance:Instance": _source(
        "internal/service/rds/instance.go",
        "availabilityZone dbName engine identifier identifierPrefix kmsKeyId restoreToPointInTime "
        "snapshotIdentifier storageEncrypted timezone username",
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": _source(
        "internal/service/secretsmanager/secret_version.go",
        "secretBinary secretId secretString secretStringWoVersion",
    ),
}

CREATE_ONLY = {
    "aws:acm/certificate:Certificate": _source(
        "AWS::CertificateManager::Certificate",
        "certificateAuthorityArn domainName keyAlgorithm subjectAlternativeNames",
    ),
    "aws:backup/vault:Vault": _source("AWS::Backup::BackupVault", "kmsKeyArn name"),
    "aws:ec2/flowLog:FlowLog": _source(
        "AWS::EC2::FlowLog",
        "deliverCrossAccountRole iamRoleArn logDestination logDestinationType logFormat "
        "maxAggregationInterval trafficType vpcId",
    ),
    "aws:ec2/natGateway:NatGateway": _source(
        "AWS::EC2::NatGateway",
        "allocationId availabilityMode connectivityType subnetId vpcId",
    ),
    "aws:ec2/route:Route": _source("AWS::EC2::Route", "destinationCidrBlock routeTableId"),
    "aws:ec2/routeTable:RouteTable": _source("AWS::EC2::RouteTable", "vpcId"),
    "aws:ec2/subnet:Subnet": _source(
        "AWS::EC2::Subnet", "availabilityZone availabilityZoneId cidrBlock vpcId"
    ),
    "aws:ec2/vpc:Vpc": _source("AWS::EC2::VPC", "cidrBlock ipv4IpamPoolId ipv4NetmaskLength"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _source(
        "AWS::EC2::VPCEndpoint", "serviceName vpcEndpointType vpcId"
    ),
    "aws:ecr/repository:Repository": _source(
        "AWS::ECR::Repository", "encryptionConfigurations name"
    ),
    "aws:ecs/cluster:Cluster": _source("AWS::ECS::Cluster", "name"),
    "aws:iam/role:Role": _source("AWS::IAM::Role", "name path"),
    "aws:kms/alias:Alias": _source("AWS::KMS::Alias", "name"),
    "aws:lambda/function:Function": _source("AWS::Lambda::Function", "name packageType"),
    "aws:lb/listener:Listener": _source("AWS::ElasticLoadBalancingV2::Listener", "loadBalancerArn"),
    "aws:cloudwatch/logGroup:LogGroup": _source("AWS::Logs::LogGroup", "name"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _source("AWS::CloudWatch::Alarm", "name"),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": _source(
        "AWS::RDS::DBClusterParameterGroup", "description family name"
    ),
    "aws:rds/parameterGroup:ParameterGroup": _source(
        "AWS::RDS::DBParameterGroup", "description family name"
    ),
    "aws:rds/proxy:Proxy": _source(
        "AWS::RDS::DBProxy",
        "endpointNetworkType engineFamily name targetConnectionNetworkType vpcSubnetIds",
    ),
    "aws:rds/subnetGroup:SubnetGroup": _source("AWS::RDS::DBSubnetGroup", "name"),
    "aws:s3/bucket:Bucket": _source("AWS::S3::Bucket", "bucket bucketPrefix"),
    "aws:secretsmanager/secret:Secret": _source("AWS::SecretsManager::Secret", "name"),
    "aws:sns/topic:Topic": _source("AWS::SNS::Topic", "fifoTopic name"),
    "aws:wafv2/webAcl:WebAcl": _source("AWS::WAFv2::WebACL", "name scope"),
}


def citation(token: str, name: str) -> str | None:
    """Where it is written that a change of this input replaces; None if it is not in the table."""
    for kind, table in (
        ("terraform-provider-aws, ForceNew in", FORCE_NEW),
        ("CloudFormation, createOnlyProperties of", CREATE_ONLY),
    ):
        source = table.get(token)
        if source and name in source.inputs:
            return f"{kind} {source.citation}"
    return None
