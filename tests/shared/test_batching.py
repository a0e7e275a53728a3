"""Jobs compute together and in turns, and none notices the others."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.audio import Cancelled
from shared.batching import _QUEUE, in_turn, parts, together, until
from tests.waiting import until as wait_until

Ask = Callable[..., Future[list[str]]]


class Shouting:
    """A computation that notes its batches; an item that ends with ``!`` makes it fail."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def __call__(self, items: Sequence[str], mark: str = "") -> list[str]:
        self.batches.append([*items])
        for item in items:
            if item.endswith("!"):
                raise ValueError(item)
        return [item.upper() + mark for item in items]


@pytest.fixture
def shout() -> Shouting:
    return Shouting()


@pytest.fixture
def ask(shout: Shouting) -> Iterator[Ask]:
    """Asks for items in a thread of its own, as a job does; returns once they wait."""
    with ThreadPoolExecutor(20) as jobs:

        def start(*items: str, most: int = 8, mark: str = "") -> Future[list[str]]:
            before = waiting()
            job = jobs.submit(partial(together, shout, items, mark, most=most, length=alike))
            wait_until(lambda: waiting() > before)
            return job

        yield start


def alike(_: str) -> int:
    return 1


def waiting() -> int:
    return len(_QUEUE._asks)


@contextmanager
def busy() -> Iterator[None]:
    """The networks' thread is at work for somebody else, so what is asked for has to wait."""
    begun, end = threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return end.wait(10)

    with ThreadPoolExecutor(1) as other:
        other.submit(in_turn, work)
        begun.wait(10)
        try:
            yield
        finally:
            end.set()


def test_who_is_alone_is_served_at_once(shout: Shouting) -> None:
    assert together(shout, ["a", "b", "c"], most=2) == ["A", "B", "C"]
    assert shout.batches == [["a", "b"], ["c"]]


def test_nothing_is_computed_of_nothing(shout: Shouting) -> None:
    assert together(shout, [], most=2) == []
    assert not shout.batches


def test_jobs_that_wait_share_a_batch(shout: Shouting, ask: Ask) -> None:
    with busy():
        jobs = [ask(name) for name in "abc"]
    assert [job.result() for job in jobs] == [["A"], ["B"], ["C"]]
    assert shout.batches == [["a", "b", "c"]]


def test_what_was_asked_with_other_options_is_computed_apart(shout: Shouting, ask: Ask) -> None:
    with busy():
        jobs = [ask("a", mark="?"), ask("b", mark="."), ask("c", mark="?")]
    assert [job.result() for job in jobs] == [["A?"], ["B."], ["C?"]]
    assert shout.batches == [["a", "c"], ["b"]]


def test_an_item_that_fails_fails_no_neighbour(shout: Shouting, ask: Ask) -> None:
    with busy():
        before, bad, behind = ask("a"), ask("b", "oh!"), ask("c")
    assert (before.result(), behind.result()) == (["A"], ["C"])
    with pytest.raises(ValueError, match="oh!"):
        bad.result()
    assert shout.batches[0] == ["a", "b", "oh!", "c"], "they were together"


def test_a_batch_that_fails_is_tried_in_halves() -> None:
    sizes: list[int] = []

    def compute(items: Sequence[str]) -> Sequence[str]:
        sizes.append(len(items))
        if len(items) > 2:
            raise MemoryError
        return items

    assert together(compute, [*"abcdefgh"], most=8, length=alike) == [*"abcdefgh"]
    assert sizes == [8, 4, 2, 2, 4, 2, 2]


def test_one_bad_item_of_many_is_found_by_halves(shout: Shouting, ask: Ask) -> None:
    with busy():
        good = [ask(name, most=16) for name in "abcdefghijklmno"]
        bad = ask("oh!", most=16)
    assert [job.result() for job in good] == [[name.upper()] for name in "abcdefghijklmno"]
    with pytest.raises(ValueError, match="oh!"):
        bad.result()
    assert [len(batch) for batch in shout.batches] == [16, 8, 8, 4, 4, 2, 2, 1, 1]


def test_what_a_batch_held_is_let_go_before_its_items_are_tried_alone() -> None:
    held: list[weakref.ref[Shouting]] = []

    def compute(items: Sequence[str]) -> Sequence[str]:
        if len(items) > 1:
            tensor = Shouting()  # stands for memory of a GPU
            held.append(weakref.ref(tensor))
            raise MemoryError
        assert held[0]() is None
        return items

    assert together(compute, ["a", "b"], most=2) == ["a", "b"]
    assert len(held) == 1


def test_of_a_job_that_has_failed_nothing_more_is_computed(shout: Shouting) -> None:
    with pytest.raises(ValueError, match="oh!"):
        together(shout, ["oh!", "a", "b"], most=1)
    assert shout.batches == [["oh!"]]


@pytest.mark.parametrize("found", [[], ["A", "B"]])
def test_a_wrong_number_of_results_is_an_error_and_not_the_end(found: list[str]) -> None:
    with pytest.raises(ValueError, match="zip"):
        together(lambda _: found, ["a"], most=1)
    assert in_turn(lambda: 1) == 1


def test_a_long_job_gives_way_to_a_short_one_after_each_batch(shout: Shouting, ask: Ask) -> None:
    with busy():
        long = ask(*"abcdef", most=2)
        shorts = [ask(name, most=3) for name in "xy"]
    assert long.result() == [*"ABCDEF"]
    assert [short.result() for short in shorts] == [["X"], ["Y"]]
    assert shout.batches == [["a", "b"], ["x", "y"], ["c", "d"], ["e", "f"]]


def test_many_short_jobs_do_not_keep_a_long_one_from_going_on(shout: Shouting, ask: Ask) -> None:
    with busy():
        jobs = [ask(name, most=1) for name in "abc"]
        long = ask(*"xyz", most=1)
    for job in (*jobs, long):
        job.result()
    assert [batch[0] for batch in shout.batches] == [*"abcxyz"]


def test_of_a_cancelled_job_what_waits_is_dropped(shout: Shouting) -> None:
    cancelled = threading.Event()

    def job() -> list[str]:
        with until(cancelled):
            return together(shout, ["a"], most=1)

    with ThreadPoolExecutor(1) as jobs:
        with busy():
            asked = jobs.submit(job)
            wait_until(waiting)
            cancelled.set()
        with pytest.raises(Cancelled):
            asked.result()
    assert not shout.batches
    assert together(shout, ["b"], most=1) == ["B"], "the next one of that thread is not affected"


@given(
    asked=st.lists(
        st.tuples(st.lists(st.integers(1, 50), max_size=12), st.integers(0, 2)), max_size=12
    ),
    most=st.integers(1, 120),
)
@settings(max_examples=60, deadline=None)
def test_whoever_asks_for_what_gets_their_own(
    asked: list[tuple[list[int], int]], most: int
) -> None:
    batches: list[tuple[list[tuple[int, int]], int]] = []

    def compute(items: Sequence[tuple[int, int]], option: int) -> list[tuple[int, int, int]]:
        batches.append(([*items], option))
        return [(*item, option) for item in items]

    def job(number: int) -> list[tuple[int, int, int]]:
        lengths, option = asked[number]
        items = [(number, length) for length in lengths]
        return together(compute, items, option, most=most, length=lambda item: item[1])

    with ThreadPoolExecutor(12) as jobs:
        for number, found in enumerate(jobs.map(job, range(len(asked)))):
            lengths, option = asked[number]
            assert found == [(number, length, option) for length in lengths]
    assert sum(len(items) for items, _ in batches) == sum(len(lengths) for lengths, _ in asked)
    for items, _ in batches:
        assert len(items) == 1 or len(items) * max(length for _, length in items) <= most


@given(st.lists(st.integers(0, 500), max_size=60), st.integers(1, 2_000))
def test_every_item_is_in_one_part_and_no_part_is_too_large(lengths: list[int], most: int) -> None:
    found = list(parts(lengths, most))
    there = [number for number, length in enumerate(lengths) if length]
    assert sorted(number for part in found for number in part) == there
    for part in found:
        assert len(part) == 1 or len(part) * max(lengths[n] for n in part) <= most


def test_items_of_like_length_go_together() -> None:
    lengths = [100, 10] * 8
    padded = sum(len(b) * max(lengths[n] for n in b) for b in parts(lengths, 400))
    assert padded <= sum(lengths) * 1.2
