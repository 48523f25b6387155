"""Every alarm tells somebody and says where to read on; a page's end is told too."""

import json
import re
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import settings
from components.deployment_alarm import DeploymentAlarm, DeploymentAlarmArgs
from components.metric_alarm import Receivers
from components.observability import Observability, ObservabilityArgs
from observability.alarm import Place
from observability.catalogue import Catalogue, catalogue

TOPIC = "arn:aws:sns:us-east-1:123456789012:all"
PAGER = "arn:aws:sns:us-east-1:123456789012:pager"
RUNBOOKS = "https://example.com/runbooks"
METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
KNOWN = {place: [f"{place.name}-1"] for place in Place} | {Place.DATABASES: ["a", "b", "c"]}


def receivers(pager: str | None = PAGER, url: str = RUNBOOKS) -> Receivers:
    return Receivers(
        environment="prod", topic_arn=TOPIC, pager_topic_arn=pager, runbooks_url=url, tags={}
    )


@pytest.fixture
def watch(recorded: Callable[..., Any]) -> Callable[..., Any]:
    def make(pager: str | None = PAGER, found: Catalogue | None = None) -> Any:
        args = ObservabilityArgs(
            catalogue=found or catalogue(settings.load("prod")),
            places=KNOWN,
            receivers=receivers(pager),
            region="us-east-1",
        )
        return recorded(lambda: Observability("own", args))

    return make


def members() -> set[str]:
    burns = catalogue(settings.load("prod")).burns
    return {f"own-{member.name}" for burn in burns for member in burn.members}


def telling(seen: Any) -> list[Any]:
    metrics = [made for made in seen.of(METRIC) if made.name not in members()]
    return [*metrics, *seen.of(COMPOSITE)]


def severity(made: Any) -> str:
    found = re.match(r"\[(page|ticket)\] ", made.inputs["alarmDescription"])
    assert found, made.name
    return found[1]


def test_every_alarm_tells_somebody_and_where_to_read_on(watch: Callable[..., Any]) -> None:
    found = telling(watch())
    assert len(found) == len(catalogue(settings.load("prod")).alarms) + 4
    for made in found:
        assert TOPIC in made.inputs["alarmActions"], made.name
        page = made.name.removeprefix("own-").partition("-")[0]
        assert made.inputs["alarmDescription"].endswith(f"{RUNBOOKS}/{page}.md"), made.name


def test_pages_wake_somebody_and_tell_their_end_and_tickets_do_neither(
    watch: Callable[..., Any],
) -> None:
    found = telling(watch())
    assert {severity(made) for made in found} == {"page", "ticket"}
    for made in found:
        woken = severity(made) == "page"
        assert (PAGER in made.inputs["alarmActions"]) == woken, made.name
        assert made.inputs.get("okActions", []) == ([TOPIC, PAGER] if woken else []), made.name


def test_without_a_pager_pages_go_to_everybody(watch: Callable[..., Any]) -> None:
    for made in telling(watch(None)):
        assert made.inputs["alarmActions"] == [TOPIC]
        if severity(made) == "page":
            assert made.inputs["okActions"] == [TOPIC]


def test_a_burn_rings_only_when_both_windows_do_and_its_members_tell_nobody(
    watch: Callable[..., Any],
) -> None:
    seen = watch()
    composites = seen.of(COMPOSITE)
    assert len(composites) == 4
    for made in composites:
        rule = made.inputs["alarmRule"]
        label = made.name.removeprefix("own-")
        pairs = rule.split(" OR ")
        for pair, kind in zip(pairs, ("canary", "requests"), strict=True):
            long, short = re.findall(r'ALARM\("[^"]*:own-([^"]*)"\)', pair)
            assert (long, short) == (f"{label}-{kind}-long", f"{label}-{kind}-short")
            assert " AND " in pair
    quiet = [made for made in seen.of(METRIC) if made.name in members()]
    assert len(quiet) == 16
    assert not any(made.inputs.get("alarmActions") for made in quiet)


def test_an_alarm_is_called_by_its_environment_and_its_runbooks_name(
    watch: Callable[..., Any],
) -> None:
    by_name = {made.inputs["name"]: made.inputs for made in watch().of(METRIC)}
    failing = by_name["mlflow-ha-prod-RegistrationsFailing"]
    assert failing["metricName"] == "UnavailableSeconds"
    assert failing["treatMissingData"] == "notBreaching"


def test_the_worst_of_several_instances_counts_and_a_percentile_is_one(
    watch: Callable[..., Any],
) -> None:
    by_name = {made.name: made.inputs for made in watch().of(METRIC)}
    whole, *each = by_name["own-DatabaseStorageFull"]["metricQueries"]
    assert (whole["expression"], whole["returnData"]) == ("MIN(METRICS())", True)
    asked = [one["metric"]["dimensions"]["DBInstanceIdentifier"] for one in each]
    assert asked == ["a", "b", "c"]
    slow = by_name["own-RegistrationsSlow"]
    assert slow["extendedStatistic"] == "p99"
    assert "statistic" not in slow


def test_the_dashboard_draws_every_alarm_with_its_threshold(watch: Callable[..., Any]) -> None:
    (made,) = watch().of("aws:cloudwatch/dashboard:Dashboard")
    widgets = json.loads(made.inputs["dashboardBody"])["widgets"]
    drawn = {
        each["properties"]["title"]: each["properties"]["annotations"]["horizontal"][0]["value"]
        for each in widgets
        if each["type"] == "metric"
    }
    assert drawn == {a.name: a.threshold for a in catalogue(settings.load("prod")).alarms}


def test_a_region_that_stands_by_has_no_empty_dashboard(watch: Callable[..., Any]) -> None:
    seen = watch(found=catalogue(settings.load("prod-dr")))
    assert seen.of("aws:cloudwatch/dashboard:Dashboard") == []


def test_the_alarm_that_takes_a_deployment_back_tells_somebody(
    recorded: Callable[..., Any],
) -> None:
    args = DeploymentAlarmArgs(places=KNOWN, receivers=receivers())
    names: list[str] = []

    def program() -> pulumi.Output[None]:
        return DeploymentAlarm("own", args).alarm_name.apply(names.append)

    (made,) = recorded(program).of(METRIC)
    assert names == ["mlflow-ha-prod-DeploymentFailing"]
    assert made.inputs["alarmActions"] == [TOPIC]
    assert made.inputs["alarmDescription"].endswith(f"{RUNBOOKS}/DeploymentFailing.md")


def test_an_address_that_leaves_no_room_for_the_message_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Use a shorter watch\.runbooks_url"):
        receivers(url="https://" + "a" * 1000).description("page", "It is late.", "Late")
