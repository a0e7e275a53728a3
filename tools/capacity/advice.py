"""The cheapest set-up that is fast enough, found by trying; and what keeps it from being cheaper.

Every pool is tried, as the endpoint is scaled now and with a worker that is always there. In the
most promising one, every scaler and idle timeout, with none, one and two active workers. From the
best of these on, single things are changed, plan and pool too, as long as that is better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from runpod_emulator.scaling import Scaling
from tools.capacity.plans import PLANS, Answer, Choice, Service
from tools.capacity.results import result
from tools.capacity.simulation import simulate
from tools.capacity.traffic import Traffic
from tools.capacity.workers import Setup, Start
from tools.endpoints import COUNTED_IDLE_S

IDLE_TIMEOUTS_S = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)
QUEUE_DELAYS_S = (1.0, 4.0, 10.0)
REQUEST_COUNTS = (1, 4)
ACTIVE_WORKERS = (0, 1, 2)
NEW_ACCOUNT_WORKERS = 5  # what RunPod grants

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for.

    Attributes:
        p95_s: the 95th percentile of the latency is to be below it: from arrival to result.
        present: the set-up there is.
        pools: of GPUs, that may be taken.
        most_workers: there may be at a time.
    """

    p95_s: float
    present: Choice
    pools: Sequence[str]
    most_workers: int = NEW_ACCOUNT_WORKERS

    def allows(self, choice: Choice) -> bool:
        """Whether a set-up is one that may be advised."""
        few = choice.scaling.workers_max <= self.most_workers
        return few and set(choice.pools) <= set(self.pools)

    def rank(self, answer: Answer) -> tuple[bool, float]:
        """The lower, the better: what is fast enough by its price, what is not by its speed."""
        slow = answer.result.latency.p95 > self.p95_s
        return slow, answer.result.latency.p95 if slow else answer.bill.per_month


@dataclass(frozen=True, slots=True)
class Advice:
    """What was found.

    Attributes:
        best: the cheapest that is fast enough; the fastest that was tried if none is.
        met: whether it is fast enough.
        tried: everything that was.
        relaxed: what the 95th percentile of ``best`` would be if one thing were otherwise.
    """

    best: Answer
    met: bool
    tried: list[Answer]
    relaxed: dict[str, float]

    @property
    def cheaper(self) -> Answer | None:
        """The next cheaper set-up, which is too slow; None if there is none."""
        below = [a for a in self.tried if a.bill.per_month < self.best.bill.per_month]
        return max(below, key=lambda answer: answer.bill.per_month, default=None)

    @property
    def binds(self) -> str:
        """What the latency would gain most from."""
        return min(self.relaxed, key=lambda name: self.relaxed[name])

    def front(self) -> list[Answer]:
        """What nothing is both cheaper and as fast as, to a hundredth; cheapest first."""
        kept, fastest = [], math.inf
        for answer in sorted(self.tried, key=lambda a: (a.bill.per_month, a.result.latency.p95)):
            if answer.result.latency.p95 < 0.99 * fastest:
                fastest = answer.result.latency.p95
                kept.append(answer)
        return kept


def advise(
    service: Service, traffic: Traffic, question: Question, tell: Tell = lambda tried: None
) -> Advice:
    """Look for the cheapest set-up that is fast enough.

    Args:
        service: what is to be run.
        traffic: what comes.
        question: what is asked for.
        tell: told how many have been tried, now and then.
    """
    search = _Search(service, traffic, question, tell)
    present = question.present
    base = replace(present.scaling, workers_min=0, workers_max=question.most_workers)
    if question.allows(present):
        search.best_of([present])
    start = search.best_of(
        replace(present, pools=(pool,), scaling=replace(base, workers_min=active))
        for pool in question.pools
        for active in (0, 1)
    )
    best = search.best_of(replace(start.choice, scaling=scaling) for scaling in _scalings(base))
    while (better := search.best_of(_steps(best.choice, question))) is not best:
        best = better
    relaxed = {
        name: result(simulate(traffic, setup, service.seed)).latency.p95
        for name, setup in _relaxed(service.setup(best.choice)).items()
    }
    met = best.result.latency.p95 <= question.p95_s
    return Advice(best, met, list(search.tried.values()), relaxed)


@dataclass
class _Search:
    """What has been tried so far."""

    service: Service
    traffic: Traffic
    question: Question
    tell: Tell
    tried: dict[Choice, Answer] = field(default_factory=dict)

    def best_of(self, choices: Iterable[Choice]) -> Answer:
        """The best of all so far, after these."""
        for choice in choices:
            if choice not in self.tried:
                self.tried[choice] = self.service.answer(choice, self.traffic)
                self.tell(len(self.tried))
        return min(self.tried.values(), key=self.question.rank)


def _scalings(base: Scaling) -> Iterator[Scaling]:
    """All that are tried together."""
    for active in ACTIVE_WORKERS[: base.workers_max + 1]:
        scaling = replace(base, workers_min=active)
        for idle in IDLE_TIMEOUTS_S if not active else (base.idle_timeout_s,):
            yield from _scalers(replace(scaling, idle_timeout_s=idle))


def _scalers(scaling: Scaling) -> Iterator[Scaling]:
    """The scalers, with the idle timeout as far as they let one choose it."""
    for delay in QUEUE_DELAYS_S:
        yield replace(scaling, scaler="QUEUE_DELAY", queue_delay_s=delay)
    for count in REQUEST_COUNTS:
        yield replace(
            scaling,
            scaler="REQUEST_COUNT",
            request_count=count,
            idle_timeout_s=COUNTED_IDLE_S,
        )


def _steps(choice: Choice, question: Question) -> Iterator[Choice]:
    """One thing otherwise."""
    scaling = choice.scaling
    for plan in PLANS:
        yield replace(choice, plan=plan)
    for pool in question.pools:
        yield replace(choice, pools=(pool,))
    steps = list(_scalers(scaling))
    if scaling.scaler == "QUEUE_DELAY":
        steps += [replace(scaling, idle_timeout_s=idle) for idle in IDLE_TIMEOUTS_S]
    for most in range(max(1, scaling.workers_min), question.most_workers + 1):
        steps.append(replace(scaling, workers_max=most))
    for active in range(scaling.workers_max + 1):
        steps.append(replace(scaling, workers_min=active))
    for step in steps:
        yield replace(choice, scaling=step)


def _relaxed(setup: Setup) -> dict[str, Setup]:
    """The set-up with one thing otherwise, whether that can be had or not."""
    scaling, work = setup.scaling, setup.work
    at_once = replace(scaling, scaler="REQUEST_COUNT", request_count=1)
    more = replace(scaling, workers_max=4 * scaling.workers_max)
    faster = tuple(replace(gpu, rtf=gpu.rtf / 2) for gpu in setup.gpus)
    fetched = replace(work, overhead_s=0.0, fetch_rtf=0.0)
    return {
        "workers started at once": replace(setup, start=Start((0.0, 0.0))),
        "the scaler did not wait": replace(setup, scaling=at_once),
        "there were four times the workers": replace(setup, scaling=more),
        "the SDK did not pause": replace(setup, work=replace(work, pause_s=0.0)),
        "the GPU were twice as fast": replace(setup, gpus=faster),
        "audio were there at once": replace(setup, work=fetched),
    }
