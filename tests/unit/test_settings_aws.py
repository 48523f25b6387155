"""Every combination that cannot work on AWS is refused with key, value, rule and remedy.

Each mistake is laid over the production file, which has none.
"""

from typing import Any

import pytest
import yaml

import settings

SOURCE = "stacks/Pulumi.prod.yaml"
ENVIRONMENTS = sorted(
    file.stem.removeprefix("Pulumi.") for file in settings.STACKS.glob("Pulumi.*.yaml")
)
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0"
WESTERN_CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/0"
WESTERN_IMAGE = f"123456789012.dkr.ecr.us-west-2.amazonaws.com/mlflow-ha@sha256:{'0' * 64}"
WESTERN_KEY = "arn:aws:kms:us-west-2:123456789012:key/0"
WESTERN_VAULT = "arn:aws:backup:us-west-2:123456789012:backup-vault:mlflow-ha-prod-dr"
SOURCE_OF_REPLICA = "arn:aws:rds:us-west-2:123456789012:db:mlflow-ha-prod-dr"
NEIGHBOUR = "arn:aws:rds:us-east-1:123456789012:db:mlflow-ha-other"
PAIR = {"topology": "multi_az_instance", "instance_class": "db.m7g.large"}

Values = dict[str, Any]


def production() -> Values:
    """The production file's values, as `settings.parse` takes them."""
    config = yaml.safe_load((settings.STACKS / "Pulumi.prod.yaml").read_text())["config"]
    values = {
        key.removeprefix(settings.NAMESPACE): value
        for key, value in config.items()
        if key.startswith(settings.NAMESPACE)
    }
    values["aws"]["region"] = config["aws:region"]
    return values


def changed(values: Values, changes: Values) -> Values:
    """`values` with `changes` laid over them, mapping into mapping."""
    return values | {
        key: changed(values[key], change)
        if isinstance(change, dict) and isinstance(values.get(key), dict)
        else change
        for key, change in changes.items()
    }


def mistakes(changes: Values) -> list[str]:
    """What is told of the production file with `changes`, a line each."""
    with pytest.raises(settings.SettingsError) as refused:
        settings.parse(changed(production(), changes), source=SOURCE)
    first, *lines = str(refused.value).splitlines()
    assert first == f"{SOURCE}: {len(lines)} mistake{'s' * (len(lines) > 1)}"
    return [line.removeprefix("  - ") for line in lines]


def network(**values: Any) -> Values:
    return {"aws": {"network": values}}


def rds(**values: Any) -> Values:
    return {"aws": {"rds": values}}


def service(**values: Any) -> Values:
    return {"aws": {"service": values}}


def door(**values: Any) -> Values:
    return {"aws": {"front_door": values}}


def recovery(**values: Any) -> Values:
    return {"aws": {"recovery": values}}


def second_region(**values: Any) -> Values:
    return recovery(second_region=values)


REFUSALS: list[tuple[str, Values, str, str, str]] = [
    # the network
    ("too-small", network(cidr="10.22.0.0/28"),
     "aws.network", "cidr 10.22.0.0/28: must be /16 to /22", "Use for instance 10.22.0.0/16"),
    ("too-wide", network(cidr="10.0.0.0/8", peered_cidrs=[]),
     "aws.network", "cidr 10.0.0.0/8: must be /16 to /22", "Use for instance 10.0.0.0/16"),
    ("no-network", network(cidr="10.22.0.1/16"),
     "aws.network.cidr", "'10.22.0.1/16'", "Change it to a value that fits"),
    ("public", network(cidr="52.10.0.0/16"),
     "aws.network", "cidr 52.10.0.0/16: is not private", "Use one inside 10.0.0.0/8"),
    ("overlapping", network(cidr="10.23.128.0/20"),
     "aws.network", "cidr 10.23.128.0/20: overlaps peered_cidrs 10.23.0.0/16", "another cidr"),
    ("zone-twice", network(zones=["us-east-1a", "us-east-1b", "us-east-1a"]),
     "aws.network", "zones us-east-1a, us-east-1b, us-east-1a: one is", "Name each once"),
    ("one-zone", network(zones=["us-east-1a"]),
     "aws.network.zones", "at least 2 items", "Change it to a value that fits"),
    ("five-zones", network(zones=[f"us-east-1{letter}" for letter in "abcde"]),
     "aws.network.zones", "at most 4 items", "Change it to a value that fits"),
    ("no-zone", network(zones=["us-east-1a", "us-east-1b", "us-east-1"]),
     "aws.network.zones.2", "'us-east-1': string should match", "Change it to a value that fits"),
    ("flow-log-days", network(flow_log_days=31),
     "aws.network.flow_log_days", "31: input should be 1, 3, 5", "Change it to a value that fits"),
    ("zone-elsewhere", network(zones=["us-east-1a", "us-east-1b", "us-west-2c"]),
     "aws", "network.zones us-west-2c: is not in region us-east-1", "for instance us-east-1a"),
    ("zone-of-a-longer-region", network(zones=["us-east-1a", "us-east-1b", "us-east-2a"]),
     "aws", "network.zones us-east-2a: is not in region us-east-1", "for instance us-east-1a"),
    ("zones-of-a-cluster", network(zones=["us-east-1a", "us-east-1b"]),
     "aws", "network.zones: 2 cannot serve rds.topology multi_az_cluster", "Add 1 more"),
    ("one-gateway", network(egress="nat", nat_gateways="one"),
     "aws.network.nat_gateways", "one: the loss of its zone", "Set per_zone, or egress: endpoints"),
    # the database
    ("production-alone", rds(topology="single", instance_class="db.m7g.large"),
     "aws.rds.topology", "single: production has no standby then",
     "Use multi_az_cluster or multi_az_instance"),
    ("class-not-offered", rds(instance_class="db.m7g.large"),
     "aws.rds", "instance_class db.m7g.large: topology multi_az_cluster is not offered with it",
     "Use db.m6gd.large"),
    ("class-of-us-west-1",
     {"aws": {
         "region": "us-west-1",
         "network": {"zones": ["us-west-1a", "us-west-1b", "us-west-1c"]},
         "service": {"image": WESTERN_IMAGE.replace("us-west-2", "us-west-1")},
     }},
     "aws", "rds.instance_class db.m6gd.large: us-west-1 has Multi-AZ clusters of the r8gd",
     "Use db.r8gd.large"),
    ("memory", {"database": {"max_connections": 900}},
     "database.max_connections", "900: aws.rds.instance_class db.m6gd.large has memory for 811",
     "choose a larger class"),
    ("connections-of-the-largest-fleet", {"database": {"max_connections": 407}},
     "tracking", "9 instances during a deployment x 42 connections = 378",
     "raise database.max_connections to 408"),
    ("a-small-fleet-that-cannot-grow", {"tracking": {"max_instances": 2}},
     "tracking", "max_instances 2: is below instances 3", "Raise it to 3 or more"),
    ("an-instance-alone", {"tracking": {"instances": 1, "max_instances": 2}},
     "tracking.instances", "1: nothing may stand alone here", "Set tracking.instances to 2"),
    ("proxy-waits-too-long", {"failover": {"query_wait": 301}},
     "failover.query_wait", "301 s: RDS Proxy waits 300 s at most", "aws.rds.proxy: false"),
    ("serves-a-follower",
     {"aws": {"rds": PAIR | {"replica_of": SOURCE_OF_REPLICA, "manage_master_secret": False}}},
     "aws", "rds.replica_of: with role active MLflow would write", "set role: pilot_light"),
    ("follows-its-own-region",
     {"aws": {
         "role": "pilot_light",
         "rds": PAIR | {"replica_of": NEIGHBOUR, "manage_master_secret": False},
     }},
     "aws", f"rds.replica_of {NEIGHBOUR}: is in this region", "or use read_replicas"),
    # the tasks
    ("cpu", service(cpu=768),
     "aws.service", "cpu 768: Fargate offers 256, 512", "Choose one of them"),
    ("memory-of-a-task", service(memory_mib=1024),
     "aws.service", "memory_mib 1024: with cpu 1024 Fargate offers 2048", "Choose one of them"),
    ("image-by-tag", service(image="123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow-ha:3"),
     "aws.service.image", "mlflow-ha:3': string should match", "Change it to a value that fits"),
    ("image-elsewhere", service(image=WESTERN_IMAGE),
     "aws", f"service.image {WESTERN_IMAGE}: is not in us-east-1", "Replicate it there"),
    ("disk", service(ephemeral_gib=44),
     "aws.service.ephemeral_gib", "44: 8 artifacts of 5 GiB", "Set it to 45"),
    ("drain-longer-than-fargate-waits", service(drain_seconds=111),
     "aws.service.drain_seconds", "111: input should be less", "Change it to a value that fits"),
    # the front door
    ("no-certificate", door(zone_id=None),
     "aws.front_door", "domain mlflow.example.com: a certificate for it", "Add one of them"),
    ("two-certificates", door(certificate_arn=CERTIFICATE),
     "aws.front_door", "certificate_arn and zone_id: both are given", "Remove one"),
    ("certificate-elsewhere", door(zone_id=None, certificate_arn=WESTERN_CERTIFICATE),
     "aws", f"front_door.certificate_arn {WESTERN_CERTIFICATE}: is not in us-east-1",
     "Issue one there"),
    ("internet-for-nobody",
     {"aws": {"front_door": {"scheme": "internet"}, "network": {"egress": "nat"}}},
     "aws.front_door", "allowed_cidrs: an internet-facing door must say", "List your networks"),
    ("internal-for-everybody", door(allowed_cidrs=["0.0.0.0/0"]),
     "aws.front_door", "allowed_cidrs 0.0.0.0/0: an internal door", "or set scheme: internet"),
    ("internet-without-nat", door(scheme="internet", allowed_cidrs=["203.0.113.0/24"]),
     "aws", "network.egress endpoints: an internet-facing door", "Set network.egress: nat"),
    ("slow-to-see-a-refusing-task", door(check_interval=6),
     "aws.front_door", "check_interval 6 x checks_to_fall 2 = 12 s", "Use 5 and 2"),
    ("slow-to-see-a-hanging-task", door(check_timeout=6),
     "aws.front_door", "check_timeout 6: a task that hangs would be out after 16 s", "Use 2"),
    ("idle-before-the-client", door(idle_timeout=120),
     "aws.front_door.idle_timeout", "120 s: must exceed tracking.client_timeout 120 s", "Raise it"),
    # recovery
    ("lock-not-meant", recovery(vault_lock="compliance"),
     "aws.recovery", "vault_lock compliance and compliance_grace_days None",
     "Set compliance_grace_days to 3 or more"),
    ("grace-without-a-lock", recovery(compliance_grace_days=3),
     "aws.recovery", "vault_lock governance and compliance_grace_days 3", "and not otherwise"),
    ("key-elsewhere",
     second_region(bucket_key_arn=WESTERN_KEY.replace("us-west-2", "eu-west-1")),
     "aws.recovery.second_region", "key/0: is not in region us-west-2", "Give the one there"),
    ("vault-elsewhere",
     {"aws": {
         "rds": PAIR,
         "recovery": {
             "second_region": {"vault_arn": WESTERN_VAULT.replace("us-west-2", "eu-west-1")}
         },
     }},
     "aws.recovery.second_region", "is not in region us-west-2", "Give the one there"),
    ("second-region-is-this-one",
     second_region(region="us-east-1", bucket_key_arn=WESTERN_KEY.replace("us-west-2", "us-east-1")),
     "aws", "recovery.second_region.region us-east-1: is this region", "Choose another"),
    ("backups-that-cannot-leave", second_region(vault_arn=WESTERN_VAULT),
     "aws", "recovery.second_region.vault_arn: AWS does not copy", "recovery.dump_every_hours"),
    ("dump-missing", recovery(dump_every_hours=None),
     "aws", "recovery.dump_every_hours: with rds.topology multi_az_cluster only a dump",
     "Set it, for instance to 1"),
    ("dump-hours", recovery(dump_every_hours=5),
     "aws.recovery.dump_every_hours", "5: input should be 1, 2", "Change it to a value that fits"),
    # the rest
    ("log-days", {"aws": {"watch": {"log_days": 45}}},
     "aws.watch.log_days", "45: input should be 1, 3, 5", "Change it to a value that fits"),
    ("nobody-is-told", {"aws": {"watch": {"emails": []}}},
     "aws.watch.emails", "at least 1 item", "Change it to a value that fits"),
    ("misspelt", door(idle_timeut=180),
     "aws.front_door.idle_timeut", "180: no such setting", "Did you mean 'idle_timeout'?"),
    ("unknown", network(colour="blue"),
     "aws.network.colour", "'blue': no such setting", "Remove it"),
    ("region", {"aws": {"region": "Virginia"}},
     "aws.region", "'Virginia': string should match", "Change it to a value that fits"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "group", "said", "remedy"),
    [pytest.param(*refusal, id=name) for name, *refusal in REFUSALS],
)
def test_what_cannot_work_is_refused_in_one_line(
    changes: Values, group: str, said: str, remedy: str
) -> None:
    (line,) = mistakes(changes)

    key, _, rest = line.partition(said)
    assert key.split()[0].removesuffix(":") == group
    assert remedy in rest


def test_a_missing_key_is_named() -> None:
    values = production()
    del values["aws"]["watch"]["emails"]

    with pytest.raises(
        settings.SettingsError, match=r"aws\.watch\.emails: is required and missing"
    ):
        settings.parse(values, source=SOURCE)


def test_mistakes_of_several_groups_are_told_in_one_message() -> None:
    found = mistakes(
        {
            "database": {"max_connections": 407},
            "aws": {
                "network": {"cidr": "52.10.0.0/28"},
                "front_door": {"zone_id": None, "idle_timeout": 60},
                "recovery": {"dump_every_hours": None},
            },
        }
    )

    assert [line.split(": ")[0] for line in found] == [
        "aws.network",
        "aws.network",
        "aws.front_door",
        "aws",
        "tracking",
        "aws.front_door.idle_timeout 60 s",
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environments_own_file_loads(environment: str) -> None:
    assert settings.load(environment).environment == environment


@pytest.mark.parametrize(
    "changes",
    [
        {"database": {"max_connections": 408}},
        {"failover": {"query_wait": 300}},
        {"failover": {"query_wait": 301}, "aws": {"rds": {"proxy": False}}},
        {"aws": {"rds": PAIR, "recovery": {"second_region": {"vault_arn": WESTERN_VAULT}}}},
        service(ephemeral_gib=45),
        door(check_timeout=5),
        door(idle_timeout=121),
        door(zone_id=None, certificate_arn=CERTIFICATE),
        recovery(vault_lock="compliance", compliance_grace_days=3),
        network(cidr="10.22.0.0/22"),
        network(egress="nat"),
    ],
)
def test_what_just_works_is_taken(changes: Values) -> None:
    assert settings.parse(changed(production(), changes), source=SOURCE).production
