"""The network that is worked out: nothing of it without a price, a rate or a source."""

import pytest

from tests.bench.network import HOT, STAGES, TAKEN, Nights, breaks, hottest, month, page, simulate, sizes
from tests.bench.prices import PRICES

PEOPLE = sizes(12, 20_000)


@pytest.fixture(scope="module")
def nights() -> Nights:
    ordinary = {stage: simulate(PEOPLE, stage, 0.01) for stage in STAGES}
    return Nights(ordinary, {stage: simulate(PEOPLE, stage, 1.0) for stage in STAGES}, ordinary)


def test_whatever_a_month_uses_has_its_price_and_the_page_shows_each_with_its_source(nights: Nights) -> None:
    assert set(month(PEOPLE, nights.ordinary)) == set(PRICES)
    text = page(PEOPLE, nights)
    for what, price in PRICES.items():
        assert price.published or price.note, what
        assert f"| {what} | " in text
        assert price.usage in text


def test_every_index_that_dynamodb_keeps_is_among_the_hot_keys() -> None:
    assert {key for key, _ in hottest()} == set(HOT)


def test_what_is_taken_says_whether_it_was_measured() -> None:
    assert all(one.whence.startswith(("measured", "assumed")) for one in TAKEN.values())


def test_a_first_load_takes_longer_on_slow_moodles_and_no_more_functions_than_an_account_has() -> None:
    quick, slow = simulate(PEOPLE, "groups", 1.0), simulate(PEOPLE, "groups", 1.0, 10)
    assert slow.seconds > 2 * quick.seconds
    assert max(quick.cloud.most, slow.cloud.most) <= 4 * len(PEOPLE)


def test_what_breaks_as_the_network_grows_comes_before_what_breaks_as_one_site_does(nights: Nights) -> None:
    units = [one.unit for one in breaks(PEOPLE, nights.busiest)]
    assert units == sorted(units, key=lambda unit: unit != "sites")
