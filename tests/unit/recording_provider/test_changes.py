"""A changed input replaces where a text says so, and is called unknown where none does."""

from typing import Any

import pytest

from tools.recording_provider.changes import REPLACES, Change, changes

CLUSTER = "aws:rds/cluster:Cluster"


def effects(token: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {change.path: change.effect for change in changes(token, old, new)}


def test_the_sdk_own_sentence_decides_and_is_cited() -> None:
    (change,) = changes(CLUSTER, {"availabilityZones": ["a"]}, {"availabilityZones": ["b"]})
    assert change.effect == "replace"
    assert "Changing `availability_zones` forces a replacement" in change.because
    assert change.because.startswith("pulumi-aws 7.")


def test_where_the_sdk_is_silent_the_table_decides_and_cites_its_source() -> None:
    token = "aws:ecs/taskDefinition:TaskDefinition"
    (change,) = changes(token, {"cpu": "256"}, {"cpu": "512"})
    assert change == Change(
        "cpu",
        "replace",
        "terraform-provider-aws, ForceNew in internal/service/ecs/task_definition.go",
    )


def test_where_nothing_is_written_down_it_says_unknown() -> None:
    (change,) = changes(CLUSTER, {"backupRetentionPeriod": 7}, {"backupRetentionPeriod": 8})
    assert change.effect == "unknown"
    assert "no text" in change.because


def test_a_text_that_decides_for_some_values_only_does_not_decide() -> None:
    (change,) = changes("aws:ec2/subnet:Subnet", {"ipv6CidrBlock": "a"}, {})
    assert change.effect == "unknown"
    assert change.because.startswith("only for some values")


def test_only_what_differs_inside_a_block_is_named() -> None:
    old = {
        "dnsOptions": {"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": True}
    }
    new = {
        "dnsOptions": {"dnsRecordIpType": "ipv6", "privateDnsOnlyForInboundResolverEndpoint": True}
    }
    assert list(effects("aws:ec2/vpcEndpoint:VpcEndpoint", old, new)) == [
        "dnsOptions.dnsRecordIpType"
    ]


def test_tags_change_in_place() -> None:
    assert effects(CLUSTER, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}) == {"tags.a": "update"}


def test_equal_inputs_are_no_change() -> None:
    assert not changes(CLUSTER, {"engine": "postgres"}, {"engine": "postgres"})


@pytest.mark.parametrize(
    "sentence",
    [
        "Changing this forces a new resource to be created.",
        "Forces replacement if changed.",
        "Changing this value will force a new resource.",
        "(Required, Forces new resource) The name.",
        "Once recorded, the key must be re-created.",
        "Changing this value triggers a replacement of the provider.",
    ],
)
def test_the_sdk_ways_of_saying_it_are_understood(sentence: str) -> None:
    assert REPLACES.search(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Enable to force a new task deployment of the service.",
        "The security groups to replace on destroy.",
    ],
)
def test_other_sentences_with_the_same_words_are_not(sentence: str) -> None:
    assert not REPLACES.search(sentence)
