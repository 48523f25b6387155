"""The table of replacing inputs names inputs that exist, and agrees with AWS's own schemas."""

import json
from functools import cache
from importlib.resources import files

import pytest

from tools.recording_provider import schema
from tools.recording_provider.replacements import CREATE_ONLY, FORCE_NEW, citation

# The same thing under another name in CloudFormation, by the name in the provider.
RENAMED = {
    "bucket": "BucketName",
    "bucketPrefix": "BucketNamePrefix",
    "encryptionConfigurations": "EncryptionConfiguration",
    "iamRoleArn": "DeliverLogsPermissionArn",
    "kmsKeyArn": "EncryptionKeyArn",
    "vpcId": "ResourceId",
}


@cache
def create_only() -> dict[str, set[str]]:
    """CloudFormation type -> the properties that AWS cannot change in place."""
    folder = files("cfnlint") / "data" / "schemas" / "resources"
    read = [json.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()]
    return {
        one["typeName"]: {
            path.removeprefix("/properties/") for path in one.get("createOnlyProperties", [])
        }
        for one in read
    }


@pytest.mark.parametrize("token", [*FORCE_NEW, *CREATE_ONLY])
def test_every_input_of_the_table_exists(token: str) -> None:
    source = FORCE_NEW.get(token) or CREATE_ONLY[token]
    assert not source.inputs - schema.resource(token).inputs.inputs.keys()


@pytest.mark.parametrize("token", CREATE_ONLY)
def test_the_second_kind_is_what_aws_itself_calls_create_only(token: str) -> None:
    source = CREATE_ONLY[token]
    fixed = create_only()[source.citation]
    # CloudFormation calls a name by its thing: BackupVaultName, RoleName, FunctionName, AliasName.
    thing = source.citation.rpartition("::")[2]
    for wanted in source.inputs:
        named = f"{thing}Name" if wanted == "name" else RENAMED.get(wanted)
        same = {wanted[0].upper() + wanted[1:], named}
        assert same & fixed, f"{wanted} is not create-only in {source.citation}: {sorted(fixed)}"


def test_no_type_has_two_sources() -> None:
    assert not FORCE_NEW.keys() & CREATE_ONLY.keys()


def test_what_is_not_in_the_table_has_no_citation() -> None:
    assert citation("aws:ecs/service:Service", "taskDefinition") is None
    assert citation("aws:none/such:Such", "name") is None
