"""What the jobs of a worker ask of its networks: in one thread, together, in fair turns.

A batch is made when the thread is free, of what waits at that moment: nobody waits for company. A
job that is alone is served at once, and the more jobs there are, the fuller the batches get. Each
batch begins with the work of whoever was served longest ago, so that a recording of hours takes no
more than its turns; and it is bounded, so that a turn is short. A recording that has the worker
for itself makes its next block ready while the one before is computed; as soon as there is another
job, the cores are for that one.

It is one thread for all networks of a process, because torch starts further threads for each that
computes, and keeps memory on a GPU for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from shared.audio import Cancelled

T = TypeVar("T")
ItemT = TypeVar("ItemT")

_cancelled: ContextVar[threading.Event | None] = ContextVar("cancelled", default=None)


@contextmanager
def until(cancelled: threading.Event) -> Iterator[None]:
    """This thread does a job in here; what it asks for is dropped once the event is set."""
    token = _cancelled.set(cancelled)
    _JOBS.append(cancelled)
    try:
        yield
    finally:
        _JOBS.remove(cancelled)
        _cancelled.reset(token)


def together(
    compute: Callable[..., Iterable[T]],
    items: Sequence[ItemT],
    *options: Hashable,
    most: int,
    length: Callable[[Any], int] = len,
) -> list[T]:
    """Compute something of items, in batches with those that other jobs wait for.

    Args:
        compute: takes items and the options; gives one result for each, in order, that does not
            depend on the others.
        items: the caller's own.
        options: only items with the same are computed together.
        most: of the lengths in a batch, each counted as the longest of them.
        length: of an item.

    Returns:
        The results, in the order of the items.

    Raises:
        Cancelled: nobody waits for them any more (see ``until``).
        Exception: what ``compute`` raises for one of these items by itself.
    """
    if not items:
        return []
    lengths = [max(1, length(item)) for item in items]
    return _ask((compute, options, most), items, lengths).result()


def in_turn(compute: Callable[[], T]) -> T:
    """Compute something in the networks' thread when it is this job's turn."""
    return _step(compute).result()[0]


def in_turns(
    steps: Callable[[Iterable[ItemT]], Iterator[T]], items: Iterable[ItemT]
) -> Iterator[T]:
    """A computation that goes from one item to the next, each step when it is this job's turn.

    Args:
        steps: gives one result for each item; runs in the networks' thread.
        items: are made in this thread; while this is the only job, each during the step before.
            If one cannot be made, the results of those before it come first.
    """
    waiting: deque[ItemT] = deque()

    def taken() -> Iterator[ItemT]:
        while True:
            yield waiting.popleft()

    results = steps(taken())
    step: Future[list[T]] | None = None
    try:
        for item in items:
            done = _result(step)
            waiting.append(item)
            step = _step(partial(next, results))
            yield from done
            if len(_JOBS) > 1:
                yield from step.result()
                step = None
    except Exception:
        yield from _result(step)
        raise
    yield from _result(step)


def parts(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Numbers of items of like length, that much at a time, each counted as the longest of them.

    One that is longer than that comes by itself; those without a length are left out.
    """
    part: list[int] = []
    for number in sorted(range(len(lengths)), key=lengths.__getitem__):
        if part and (len(part) + 1) * lengths[number] > most:
            yield part
            part = []
        if lengths[number]:
            part.append(number)
    if part:
        yield part


_Kind = tuple[Callable[..., Iterable[Any]], tuple[Hashable, ...], int]


def _step(compute: Callable[[], T]) -> Future[list[T]]:
    return _ask((lambda _: [compute()], (), 1), [None], [1])


def _result(step: Future[list[T]] | None) -> list[T]:
    return step.result() if step else []


def _ask(kind: _Kind, items: Sequence[Any], lengths: Sequence[int]) -> Future[list[Any]]:
    ask = _Ask(kind, items, lengths, _cancelled.get(), list(range(len(items))))
    _QUEUE.put(ask)
    return ask.answer


@dataclass(slots=True, eq=False)
class _Ask:
    """Items that one job waits for.

    Attributes:
        kind: what is computed, with which options, how much at a time: alike for all of a batch.
        lengths: of the items, 1 at least.
        left: numbers of those that are in no batch yet.
        found: results by number.
        answer: takes all results, or the reason why there are none.
    """

    kind: _Kind
    items: Sequence[Any]
    lengths: Sequence[int]
    cancelled: threading.Event | None
    left: list[int]
    found: dict[int, Any] = field(default_factory=dict)
    answer: Future[list[Any]] = field(default_factory=Future)

    def take(self, number: int, result: object) -> None:
        self.found[number] = result
        if len(self.found) == len(self.items):
            self.answer.set_result([self.found[place] for place in range(len(self.items))])

    def fail(self, error: BaseException) -> None:
        self.left.clear()
        self.answer.set_exception(error)


class _Queue:
    """The asks, and the thread that answers them.

    Whoever asks waits for the answer, but for the next step of a recording, of which one waits: so
    there are never more than two asks of each job in work.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "networks")
        self._lock = threading.Lock()
        self._asks: list[_Ask] = []  # whoever was served longest ago first

    def put(self, ask: _Ask) -> None:
        with self._lock:
            self._asks.append(ask)
        self._thread.submit(self._serve)

    def _serve(self) -> None:
        while batch := self._next():
            _compute(batch)

    def _next(self) -> list[tuple[_Ask, int]]:
        """The next batch: what the first ask has left, and what of the others is like it."""
        with self._lock:
            for ask in self._asks:
                if ask.cancelled is not None and ask.cancelled.is_set():
                    ask.fail(Cancelled())
            waiting = self._asks = [ask for ask in self._asks if ask.left]
            if not waiting:
                return []
            kind = waiting[0].kind
            alike = [(ask, number) for ask in waiting if ask.kind == kind for number in ask.left]
            found = parts([ask.lengths[number] for ask, number in alike], kind[2])
            batch = [alike[place] for place in next(part for part in found if 0 in part)]
            for ask, number in batch:
                ask.left.remove(number)
            served = {ask for ask, _ in batch}
            waiting.sort(key=served.__contains__)  # behind those that were not served
            self._asks = [ask for ask in waiting if ask.left]
            return batch


def _compute(batch: Sequence[tuple[_Ask, int]]) -> None:
    """Give each item its result.

    If they fail together the halves are tried, and theirs: only one may be bad, or there was too
    little memory for all at once.
    """
    compute, options, _ = batch[0][0].kind
    try:
        results = compute([ask.items[number] for ask, number in batch], *options)
        found = list(zip(batch, results, strict=True))
    except BaseException as error:  # noqa: BLE001 - raised in the thread of the job it belongs to
        if len(batch) == 1:
            batch[0][0].fail(error)
            return
    else:
        for (ask, number), result in found:
            ask.take(number, result)
        return
    # Not before here has the error let go what its frames held, of a GPU's memory most of all.
    middle = len(batch) // 2
    for half in (batch[:middle], batch[middle:]):
        if left := [(ask, number) for ask, number in half if not ask.answer.done()]:
            _compute(left)


_JOBS: list[threading.Event] = []  # those in work
_QUEUE = _Queue()
