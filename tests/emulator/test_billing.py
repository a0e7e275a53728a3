"""What workers cost: each from its start to its end, rounded up to a second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runpod_emulator.billing import Spell, billed_s, cost
from runpod_emulator.prices import PRICES


@pytest.mark.parametrize(
    ("lengths", "seconds"),
    [([], 0), ([0.1], 1), ([1.0], 1), ([1.2], 2), ([0.5, 0.5], 2), ([59.999, 60.0], 120)],
)
def test_each_workers_time_is_rounded_up(lengths: list[float], seconds: int) -> None:
    assert billed_s(Spell(100.0, 100.0 + length) for length in lengths) == seconds


@given(st.floats(0, 1e9), st.integers(0, 86_400))
def test_a_whole_second_is_not_made_two_by_the_clocks_own_rounding(start: float, s: int) -> None:
    assert billed_s([Spell(start, start + s)]) == s


def test_the_cost_is_in_the_prices_currency() -> None:
    assert cost([Spell(0, 3600)], PRICES["AMPERE_24"].flex) == pytest.approx(0.684)


def test_a_worker_that_is_always_there_costs_less_than_one_that_comes_and_goes() -> None:
    assert all(price.active is None or price.active < price.flex for price in PRICES.values())
