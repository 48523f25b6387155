"""Over gRPC, as the engine asks: regions, faults, replacements, functions, and what is written down."""

import json
import time
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from tests.unit.recording_provider.conftest import Asked
from tools.recording_provider import values

BUCKET = "aws:s3/bucket:Bucket"
SECRET = {values.SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "hunter2"}


def test_each_connection_has_the_region_it_was_configured_with(connect: Any) -> None:
    here, there = connect(), connect()
    here.configure("us-east-1")
    there.configure("eu-west-1")
    assert here.create(BUCKET, {})["region"] == "us-east-1"
    assert there.create(BUCKET, {})["region"] == "eu-west-1"


def test_a_region_of_its_own_has_precedence(asked: Asked) -> None:
    assert asked.create(BUCKET, {"region": "eu-west-3"})["region"] == "eu-west-3"


def test_a_provider_without_a_region_is_refused(asked: Asked) -> None:
    answer = asked.stub.CheckConfig(provider_pb2.CheckRequest(news=values.encode({})))
    assert [failure.property for failure in answer.failures] == ["region"]


def test_a_fault_fails_the_request_it_names_and_no_other(asked: Asked) -> None:
    asked.suffer({"name": "unlucky", "error": "ServiceUnavailable: told to"})
    with pytest.raises(grpc.RpcError) as failure:
        asked.create(BUCKET, {}, name="unlucky")
    assert failure.value.details() == "ServiceUnavailable: told to"
    assert asked.create(BUCKET, {}, name="lucky")["id"]


def test_a_fault_can_delay_instead(asked: Asked) -> None:
    asked.suffer({"type": BUCKET, "delay_seconds": 0.4})
    started = time.monotonic()
    asked.create(BUCKET, {})
    assert time.monotonic() - started >= 0.4


def test_cancelling_ends_a_delay(asked: Asked) -> None:
    asked.suffer({"type": BUCKET, "delay_seconds": 60})
    waiting = asked.stub.Create.future(
        provider_pb2.CreateRequest(type=BUCKET, name="slow", urn="urn:pulumi:a::b::c::slow")
    )
    asked.stub.Cancel(Empty())
    assert waiting.exception(timeout=10).code() == grpc.StatusCode.CANCELLED


def test_the_next_run_of_the_engine_is_not_cancelled_with_the_last(connect: Any) -> None:
    last, following = connect(), connect()
    last.stub.Cancel(Empty())
    following.suffer({"type": BUCKET, "error": "told to"})
    with pytest.raises(grpc.RpcError) as failure:
        following.create(BUCKET, {})
    assert failure.value.details() == "told to"


def test_a_documented_change_replaces(asked: Asked) -> None:
    token = "aws:ec2/securityGroup:SecurityGroup"
    first = asked.create(token, {"description": "a"})
    diff = asked.diff(token, {"description": "a"}, {"description": "b"}, state=first)
    assert list(diff.replaces) == ["description"]


def test_a_replacement_is_another_resource_even_with_the_same_inputs(asked: Asked) -> None:
    token, inputs = "aws:ec2/securityGroup:SecurityGroup", {"description": "a"}
    first = asked.create(token, inputs)
    asked.diff(token, inputs, inputs, state=first)
    assert asked.create(token, inputs)["id"] != first["id"]


def test_an_update_keeps_the_id_and_drops_what_was_taken_out(asked: Asked) -> None:
    first = asked.create(BUCKET, {"bucket": "b", "forceDestroy": True})
    answer = asked.stub.Update(
        provider_pb2.UpdateRequest(
            id="b", type=BUCKET, name="thing", urn="urn:pulumi:a::b::c::thing",
            olds=values.encode(first), news=values.encode({"bucket": "b"}),
            old_inputs=values.encode({"bucket": "b", "forceDestroy": True}),
        )
    )  # fmt: skip
    updated = values.decode(answer.properties)
    assert updated["arn"] == first["arn"]
    assert "forceDestroy" not in updated


def test_functions_are_answered_for_the_region(asked: Asked) -> None:
    answer = asked.stub.Invoke(
        provider_pb2.InvokeRequest(tok="aws:index/getAvailabilityZones:getAvailabilityZones")
    )
    found = values.decode(getattr(answer, "return"))
    assert found["names"] == ["us-east-1a", "us-east-1b", "us-east-1c"]


def test_an_unknown_function_is_refused_by_name(asked: Asked) -> None:
    with pytest.raises(grpc.RpcError) as failure:
        asked.stub.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getMoon:getMoon"))
    assert "no answer to aws:index/getMoon:getMoon" in str(failure.value.details())


def test_every_request_is_written_down_without_its_secrets(asked: Asked) -> None:
    asked.create(
        "aws:secretsmanager/secretVersion:SecretVersion",
        {"secretId": "arn:s", "secretString": SECRET},
    )
    (line,) = (r for r in asked.provider.journal.read() if r["method"] == "Create")
    assert line["inputs"] == {"secretId": "arn:s", "secretString": "[secret]"}
    assert "hunter2" not in json.dumps(asked.provider.journal.read())
