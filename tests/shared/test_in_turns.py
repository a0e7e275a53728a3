"""A recording is computed step by step, ahead of itself while it is alone, and in turn if not."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from shared.batching import in_turn, in_turns, until
from tests.shared.test_batching import busy, waiting
from tests.waiting import until as wait_until


def test_steps_follow_one_another_in_the_networks_thread() -> None:
    threads: set[str] = set()

    def running_sum(numbers: Iterable[int]) -> Iterator[int]:
        total = 0
        for number in numbers:
            threads.add(threading.current_thread().name)
            total += number
            yield total

    assert list(in_turns(running_sum, iter([1, 2, 3]))) == [1, 3, 6]
    assert list(in_turns(running_sum, [])) == []
    (name,) = threads
    assert name != threading.current_thread().name


def recorded(made: list[int]) -> Iterator[int]:
    """Three blocks; those that have been made are noted."""
    for number in range(3):
        made.append(number)
        yield number


def test_a_recording_alone_makes_its_next_block_while_the_one_before_is_computed() -> None:
    made: list[int] = []
    with ThreadPoolExecutor(1) as jobs:
        with busy():
            job = jobs.submit(list, in_turns(iter, recorded(made)))
            wait_until(lambda: made == [0, 1])
            assert waiting() == 1, "a step at a time"
        assert job.result() == [0, 1, 2]


def test_beside_another_job_a_recording_waits_for_each_step() -> None:
    made: list[int] = []
    with ThreadPoolExecutor(1) as jobs, until(threading.Event()), until(threading.Event()):
        with busy():
            job = jobs.submit(list, in_turns(iter, recorded(made)))
            wait_until(waiting)
            assert made == [0]
        assert job.result() == [0, 1, 2]


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_step_that_fails_ends_the_recording_and_no_other(jobs: int) -> None:
    def steps(blocks: Iterable[int]) -> Iterator[int]:
        for block in blocks:
            yield 6 // (1 - block)

    with ExitStack() as others:
        for _ in range(jobs):
            others.enter_context(until(threading.Event()))
        found = in_turns(steps, iter([0, 1, 0]))
        assert next(found) == 6
        with pytest.raises(ZeroDivisionError):
            next(found)
        assert in_turn(lambda: "next") == "next"


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_recording_that_breaks_off_gives_all_before(jobs: int) -> None:
    def blocks() -> Iterator[int]:
        yield from [1, 2]
        raise ValueError("broken")

    with ExitStack() as others:
        for _ in range(jobs):
            others.enter_context(until(threading.Event()))
        found = in_turns(iter, blocks())
        assert [next(found), next(found)] == [1, 2]
        with pytest.raises(ValueError, match="broken"):
            next(found)
    assert in_turn(lambda: "next") == "next"


def test_between_the_steps_of_a_recording_others_have_their_turns() -> None:
    done: list[str] = []

    def steps(blocks: Iterable[str]) -> Iterator[str]:
        for block in blocks:
            done.append(block)
            yield block

    def short() -> None:
        done.append("short")

    with ThreadPoolExecutor(2) as jobs:
        with busy():
            recording = jobs.submit(list, in_turns(steps, iter("abc")))
            wait_until(lambda: waiting() == 1)
            jobs.submit(in_turn, short)
            wait_until(lambda: waiting() == 2)
        assert recording.result() == [*"abc"]
    assert done == ["a", "short", "b", "c"]
