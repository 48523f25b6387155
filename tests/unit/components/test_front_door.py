"""The door opens to its own name over HTTPS, and gives up on a task quickly and a request late."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components import front_door
from components.front_door import FrontDoor, FrontDoorArgs
from setting_groups.aws.front_door import FrontDoor as FrontDoorSettings
from settings import Settings


@pytest.fixture(autouse=True)
def _issued(monkeypatch: pytest.MonkeyPatch) -> None:
    # What ACM asks to be put into the zone is made up by AWS.
    issued = SimpleNamespace(arn=pulumi.Output.from_input("arn:issued"))
    monkeypatch.setattr(front_door, "Certificate", lambda *_: issued)


@pytest.fixture
def opened(recorded: Callable[..., Any], prod: Settings) -> Callable[..., Any]:
    def run(*, protected: bool = True, **changed: Any) -> Any:
        assert prod.aws is not None
        settings = prod.aws.front_door.model_dump() | changed
        args = FrontDoorArgs(
            settings=FrontDoorSettings.model_validate(settings),
            vpc_id="vpc",
            public_subnet_ids={"us-east-1a": "public-a"},
            private_subnet_ids={"us-east-1a": "private-a"},
            security_group_id="sg",
            logs_bucket="logs",
            protected=protected,
            tags={},
        )
        return recorded(lambda: FrontDoor("door", args))

    return run


def only(seen: Any, kind: str) -> dict[str, Any]:
    (found,) = seen.of(kind)
    inputs: dict[str, Any] = found.inputs
    return inputs


def listener(seen: Any, port: int) -> dict[str, Any]:
    (found,) = [r.inputs for r in seen.of("aws:lb/listener:Listener") if r.inputs["port"] == port]
    inputs: dict[str, Any] = found
    return inputs


def test_a_request_for_another_name_reaches_no_task(opened: Callable[..., Any]) -> None:
    seen = opened()
    (action,) = listener(seen, 443)["defaultActions"]
    assert action["type"] == "fixed-response"
    assert action["fixedResponse"]["statusCode"] == "421"
    (condition,) = only(seen, "aws:lb/listenerRule:ListenerRule")["conditions"]
    assert condition == {"hostHeader": {"values": ["mlflow.example.com"]}}


def test_plain_http_is_only_ever_redirected_to_the_door_s_own_name(
    opened: Callable[..., Any],
) -> None:
    (action,) = listener(opened(), 80)["defaultActions"]
    assert action["redirect"]["protocol"] == "HTTPS"
    assert action["redirect"]["host"] == "mlflow.example.com"


def test_old_tls_is_refused(opened: Callable[..., Any]) -> None:
    assert listener(opened(), 443)["sslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2")


def test_a_task_that_refuses_is_out_in_10_seconds_and_one_that_hangs_in_15(
    opened: Callable[..., Any],
) -> None:
    check = only(opened(), "aws:lb/targetGroup:TargetGroup")["healthCheck"]
    refusing = check["interval"] * check["unhealthyThreshold"]
    assert refusing <= 10
    assert refusing + check["timeout"] <= 15


def test_health_is_the_task_s_own_and_not_the_database_s(opened: Callable[..., Any]) -> None:
    assert only(opened(), "aws:lb/targetGroup:TargetGroup")["healthCheck"]["path"] == "/ready"


def test_the_balancer_waits_longer_than_a_client_does(
    opened: Callable[..., Any], prod: Settings
) -> None:
    balancer = only(opened(), "aws:lb/loadBalancer:LoadBalancer")
    assert balancer["idleTimeout"] > prod.tracking.client_timeout


def test_a_leaving_task_keeps_its_requests_while_it_drains(
    opened: Callable[..., Any], prod: Settings
) -> None:
    assert prod.aws is not None
    delay = only(opened(), "aws:lb/targetGroup:TargetGroup")["deregistrationDelay"]
    assert delay > prod.aws.service.stop_timeout


def test_a_task_that_answers_with_errors_gets_fewer_requests(opened: Callable[..., Any]) -> None:
    tasks = only(opened(), "aws:lb/targetGroup:TargetGroup")
    assert tasks["loadBalancingAlgorithmType"] == "weighted_random"
    assert tasks["loadBalancingAnomalyMitigation"] == "on"


def test_an_internal_door_stands_in_private_subnets(opened: Callable[..., Any]) -> None:
    balancer = only(opened(), "aws:lb/loadBalancer:LoadBalancer")
    assert (balancer["internal"], balancer["subnets"]) == (True, ["private-a"])


def test_a_door_to_the_internet_stands_in_public_ones(opened: Callable[..., Any]) -> None:
    seen = opened(scheme="internet", allowed_cidrs=("203.0.113.0/24",))
    balancer = only(seen, "aws:lb/loadBalancer:LoadBalancer")
    assert (balancer["internal"], balancer["subnets"]) == (False, ["public-a"])


@pytest.mark.parametrize("protected", [True, False])
def test_a_protected_door_is_not_deleted(opened: Callable[..., Any], protected: bool) -> None:
    balancer = only(opened(protected=protected), "aws:lb/loadBalancer:LoadBalancer")
    assert balancer["enableDeletionProtection"] is protected


@pytest.mark.parametrize("take_over", [True, False])
def test_a_name_that_stands_elsewhere_is_taken_only_when_asked(
    opened: Callable[..., Any], take_over: bool
) -> None:
    record = only(opened(take_over_name=take_over), "aws:route53/record:Record")
    assert record["allowOverwrite"] is take_over


def test_a_given_certificate_is_used_and_no_name_is_put_anywhere(
    opened: Callable[..., Any],
) -> None:
    given = "arn:aws:acm:us-east-1:123456789012:certificate/given"
    seen = opened(zone_id=None, certificate_arn=given)
    assert listener(seen, 443)["certificateArn"] == given
    assert not seen.of("aws:route53/record:Record")
