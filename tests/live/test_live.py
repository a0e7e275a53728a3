"""RunPod answers as the emulator does. The comparison with RunPod itself costs a few cents.

It runs where RUNPOD_LIVE_IMAGE names an image of the vad service that RunPod can pull, with
RUNPOD_API_KEY, and RUNPOD_LIVE_LIMIT_USD above the most it can cost.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from runpod_emulator.prices import PRICES
from runpod_emulator.rest.account import AccountSettings
from runpod_emulator.rest.images import Programs
from runpod_emulator.testing import EmulatedAccount
from tests.live.tour import GPU, Tour, lacking
from tools.deploy.api import API

IMAGE, KEY, LIMIT = "RUNPOD_LIVE_IMAGE", "RUNPOD_API_KEY", "RUNPOD_LIVE_LIMIT_USD"
LIMIT_S = 1800.0  # a first pull of an image may take long; it is not all paid for


@pytest.fixture(scope="module")
def emulated() -> Iterator[Tour]:
    """What the emulator answered."""
    program = [sys.executable, "-m", "tests.deploy.worker", "good"]
    settings = AccountSettings(Programs({"me/vad:1": program}))
    with EmulatedAccount(settings) as account:
        tour = Tour(account.url, "any", "me/vad:1", limit_s=60)
        tour.go()
        yield tour


def test_the_tour_goes_all_the_way_and_leaves_nothing(emulated: Tour) -> None:
    assert {name: status for name, (status, _) in emulated.seen.items()} == {
        "no such endpoint": 404, "an unknown field": 422, "a field too few": 422, "create": 201,
        "read": 200, "change": 200, "run": 200, "status": 200, "health": 200, "workers": 200,
        "releases": 200, "delete": 204,
    }  # fmt: skip


def test_a_field_that_is_missing_or_something_else_is_found() -> None:
    theirs = {"a": {"b": "text"}, "c": ["number"], "d": "null"}
    assert lacking(theirs, theirs) == []
    assert lacking(theirs, {"a": {}, "c": ["text"], "d": "text"}) == [
        ".a.b is missing", ".c[] is text, not number",
    ]  # fmt: skip


@pytest.mark.timeout(LIMIT_S + 300)
def test_runpod_answers_as_the_emulator_does(emulated: Tour) -> None:
    image = os.environ.get(IMAGE)
    if not image:
        pytest.skip(f"costs money: set {IMAGE}, {KEY} and {LIMIT} (docs/7-deploy.md)")
    most = PRICES[GPU].flex * LIMIT_S
    if float(os.environ.get(LIMIT, "0")) < most:
        pytest.fail(f"it can cost ${most:.2f}: set {LIMIT} to as much")
    tour = Tour(API, os.environ[KEY], image, LIMIT_S)
    tour.go()
    for name, (status, theirs) in tour.seen.items():
        assert emulated.seen[name][0] == status, name
        assert lacking(theirs, emulated.seen[name][1]) == [], name
