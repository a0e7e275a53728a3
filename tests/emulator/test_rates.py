"""How often callers may ask."""

from __future__ import annotations

import asyncio

import pytest

from runpod_emulator.rates import RATES, Meter
from tests.emulator.conftest import Wire


@pytest.mark.parametrize("operation", list(RATES))
def test_within_ten_seconds_so_many_requests_are_let_through(operation: str) -> None:
    meter = Meter()
    for _ in range(RATES[operation].requests):
        assert meter.enter(operation, 100.0)
        meter.leave(operation)
    assert not meter.enter(operation, 109.9)
    assert meter.enter(operation, 110.0)


def test_so_many_are_answered_at_a_time() -> None:
    meter = Meter()
    concurrent = RATES["run"].concurrent
    assert concurrent is not None
    assert all(meter.enter("run", 0.0) for _ in range(concurrent))
    assert not meter.enter("run", 0.0)
    meter.leave("run")
    assert meter.enter("run", 0.0)


def test_what_has_no_limit_is_never_refused() -> None:
    meter = Meter()
    assert all(meter.enter("health", 0.0) for _ in range(10_000))


@pytest.mark.anyio
async def test_too_many_requests_are_answered_with_429(wire: Wire) -> None:
    statuses = [(await wire.post("purge-queue")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    await wire.clock.advance(10)
    assert (await wire.post("purge-queue")).status_code == 200


@pytest.mark.anyio
async def test_a_call_that_waits_counts_for_as_long_as_it_waits(wire: Wire) -> None:
    concurrent = RATES["runsync"].concurrent
    assert concurrent is not None
    body = {"input": {"a": 1}}
    waiting = [asyncio.ensure_future(wire.post("runsync", body)) for _ in range(concurrent)]
    async with asyncio.timeout(30):
        while (await wire.get("health")).json()["jobs"]["inQueue"] < concurrent:
            await asyncio.sleep(0)
    assert (await wire.post("runsync", body)).status_code == 429
    await wire.clock.advance(91)
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
