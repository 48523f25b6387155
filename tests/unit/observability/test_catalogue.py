"""Every alarm can ring, says why a gap in its samples is harmless or not, and keeps a promise."""

import math
from dataclasses import replace

import pytest

import settings
from observability import cloudwatch, deployment
from observability.alarm import DAY, MINUTE, Alarm, Place
from observability.catalogue import Catalogue, catalogue
from setting_groups.objectives import LONGEST_WINDOW
from tests.unit.observability.environments import NAMES, every_catalogue

CATALOGUES = every_catalogue()
SERVING = [name for name in CATALOGUES if CATALOGUES[name].burns]


@pytest.fixture(params=CATALOGUES, scope="module")
def watched(request: pytest.FixtureRequest) -> Catalogue:
    return CATALOGUES[request.param]


def named(found: Catalogue, name: str) -> Alarm:
    (alarm,) = [alarm for alarm in found.measured if alarm.name == name]
    return alarm


def test_every_alarm_says_why_missing_data_means_what_it_does(watched: Catalogue) -> None:
    for alarm in (*watched.measured, deployment.ALARM):
        assert len(alarm.missing.because.split()) >= 5, alarm.name


def test_no_two_alarms_have_the_same_name(watched: Catalogue) -> None:
    told = (*watched.measured, *watched.burns, *watched.notices)
    assert len({each.name for each in told}) == len(told)


def test_every_alarm_fits_into_what_cloudwatch_looks_back(watched: Catalogue) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html."""
    for alarm in watched.measured:
        allowed = LONGEST_WINDOW * MINUTE if alarm.period >= 3600 else DAY
        assert alarm.period * alarm.periods <= allowed, alarm.name
        assert alarm.period % MINUTE == 0, alarm.name


def test_several_metrics_become_one_value_and_one_metric_needs_no_term(watched: Catalogue) -> None:
    for alarm in (*watched.measured, deployment.ALARM):
        assert (len(alarm.metrics) > 1) == (alarm.expression is not None), alarm.name
        assert not (alarm.expression and alarm.worst), alarm.name


def test_registrations_that_fail_page_within_the_promise_of_recovery() -> None:
    for name in ("prod", "staging"):
        promised = settings.load(name).objectives.recovery
        alarm = named(CATALOGUES[name], "RegistrationsFailing")
        assert alarm.severity == "page"
        assert alarm.period * alarm.periods <= promised, name
    prod = named(CATALOGUES["prod"], "RegistrationsFailing")
    left = settings.load("prod").objectives.recovery - prod.period * prod.periods
    assert left >= 2 * MINUTE, "nobody can act in less"


@pytest.mark.parametrize("name", SERVING)
def test_a_burn_rings_for_an_outage_of_its_length_and_not_for_a_shorter_one(name: str) -> None:
    """The canary's mean over a window is above the threshold exactly from the share of the time."""
    given = settings.load(name.split(maxsplit=1)[0])
    assert given.aws is not None
    interval = given.aws.watch.canary_every_minutes * MINUTE
    budget = 1 - given.objectives.availability
    for burn, rate in zip(CATALOGUES[name].burns, given.objectives.burn_rates, strict=True):
        long, _ = burn.pairs[0]
        outage = rate.factor * budget * long.period
        runs = long.period / interval
        failed = math.floor(outage / interval) + 1
        assert failed * interval / runs > long.threshold, burn.name
        assert (failed - 1) * interval / runs <= long.threshold * (1 + 1e-9), burn.name


@pytest.mark.parametrize("name", SERVING)
def test_every_window_of_the_canary_holds_a_run(name: str) -> None:
    given = settings.load(name.split(maxsplit=1)[0])
    assert given.aws is not None
    for burn in CATALOGUES[name].burns:
        for member in burn.pairs[0]:
            assert member.period >= given.aws.watch.canary_every_minutes * MINUTE, member.name


@pytest.mark.parametrize("name", SERVING)
def test_requests_count_only_with_enough_of_them_in_the_window(name: str) -> None:
    for burn in CATALOGUES[name].burns:
        for member in burn.pairs[1]:
            assert member.expression is not None
            assert f"> {member.period / 2:g}," in member.expression, member.name


@pytest.mark.parametrize("name", SERVING)
def test_a_canary_that_says_nothing_is_told_of_by_one_alarm_alone(name: str) -> None:
    silent = [a for a in CATALOGUES[name].measured if a.metrics[0].namespace == "MlflowHa"]
    breaching = [a.name for a in silent if a.missing.treatment == "breaching"]
    assert breaching == ["CanarySilent"]


def test_an_environment_without_a_thing_has_no_alarm_on_it() -> None:
    dev, prod = CATALOGUES["dev"], CATALOGUES["prod"]
    second = {Place.REPLICA_BUCKET, Place.REPLICATION_RULE, Place.DUMP_QUEUE}
    assert second <= prod.places
    assert not second & dev.places
    assert Place.NAT_GATEWAYS in CATALOGUES["prod behind NAT"].places
    assert Place.NAT_GATEWAYS not in prod.places


def test_a_region_that_only_stands_by_is_not_asked_for_a_service() -> None:
    assert not CATALOGUES["prod-dr"].places & {Place.SERVICE, Place.LOAD_BALANCER}


def test_settings_without_aws_have_no_catalogue() -> None:
    with pytest.raises(ValueError, match=r"'local' has no aws settings"):
        catalogue(settings.load("local"))


def test_a_place_that_the_stack_does_not_name_is_refused_by_its_name() -> None:
    alarm = named(CATALOGUES["prod"], "BackupFailed")
    with pytest.raises(ValueError, match=r"Place\.VAULT"):
        cloudwatch.terms(alarm, {})


def test_a_place_with_several_names_is_several_series_and_the_worst_counts() -> None:
    alarm = named(CATALOGUES["prod"], "DatabaseStorageFull")
    found = cloudwatch.terms(alarm, {Place.DATABASES: ["one", "two", "three"]})
    assert [term.id for term in found] == ["m1", "m2", "m3"]
    assert cloudwatch.expression(alarm) == "MIN(METRICS())"
    assert cloudwatch.expression(replace(alarm, worst="MAX")) == "MAX(METRICS())"


def test_all_environments_are_looked_at() -> None:
    stacks = settings.STACKS.glob("Pulumi.*.yaml")
    assert {path.name.split(".")[1] for path in stacks} - {"local"} == set(NAMES)
