"""The burn rates are those of the Site Reliability Workbook, and the availability decides the rest."""

import pytest
from pydantic import ValidationError

from observability.slo import burns, spoken
from setting_groups.objectives import BurnRate, Objectives

BUDGET_SECONDS = 2592
"""Of 30 days, at 99.9 %."""


def test_the_factors_are_the_workbooks() -> None:
    assert [burn.rate.factor for burn in burns(Objectives())] == pytest.approx([14.4, 6, 3, 1])


def test_the_windows_are_the_workbooks_and_the_short_one_is_a_twelfth() -> None:
    found = burns(Objectives())
    assert [burn.label for burn in found] == ["1h", "6h", "1d", "3d"]
    assert all(burn.rate.short_minutes * 12 == burn.rate.long_minutes for burn in found)


def test_fast_burns_page_and_slow_ones_do_not() -> None:
    severities = [burn.rate.severity for burn in burns(Objectives())]
    assert severities == ["page", "page", "ticket", "ticket"]


def test_a_burn_counts_from_its_part_of_the_months_outage() -> None:
    for burn in burns(Objectives(availability=0.999)):
        assert burn.outage_seconds == pytest.approx(burn.rate.budget * BUDGET_SECONDS)


def test_a_higher_promise_makes_every_alarm_more_sensitive() -> None:
    stricter, usual = burns(Objectives(availability=0.9999)), burns(Objectives())
    for strict, burn in zip(stricter, usual, strict=True):
        assert strict.share == pytest.approx(burn.share / 10)


def test_a_burn_that_could_never_ring_is_a_mistake() -> None:
    hopeless = BurnRate(budget=0.5, long_minutes=60, short_minutes=5, severity="page")
    with pytest.raises(ValidationError, match="could never fire"):
        Objectives(availability=0.99, burn_rates=(hopeless,))


@pytest.mark.parametrize(("minutes", "said"), [(90, "90m"), (360, "6h"), (4320, "3d")])
def test_a_window_is_called_as_people_say_it(minutes: int, said: str) -> None:
    assert spoken(minutes) == said
