"""Our services as endpoints: what figures, ``service.toml`` and ``endpoint.toml`` say of them.

Three plans: an image with the model in it; an image with the models of all services (a bundle);
an image without, and the model on a network volume.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from runpod_emulator.prices import PODS, PRICES, PodPrice
from runpod_emulator.scaling import Scaling
from tools.capacity.costs import Bill, Storage, bill, pod_per_month, pods_per_month
from tools.capacity.figures import Figures
from tools.capacity.results import Result, result
from tools.capacity.simulation import Outcome, simulate
from tools.capacity.traffic import Traffic
from tools.capacity.workers import Gpu, Setup, Shortage, Start, Work
from tools.endpoints import EndpointSpec

Plan = Literal["image", "bundle", "volume"]
PLANS: tuple[Plan, ...] = get_args(Plan)

_SMALLEST_VOLUME_GB = 10.0
_MOST_PODS = 16
_HELPS = 0.99  # a pod more that shortens p95 by less does not


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody can choose about an endpoint.

    Attributes:
        pools: of GPUs, by preference.
        hits: the share of starts that FlashBoot shortens; 0 without it.
    """

    plan: Plan
    pools: tuple[str, ...]
    scaling: Scaling
    hits: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a choice, in numbers."""

    choice: Choice
    result: Result
    bill: Bill


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods that run all day, enough of them.

    Attributes:
        meets: whether their callers wait no longer than asked for.
    """

    gpu: str
    count: int
    result: Result
    per_month: float
    meets: bool


@dataclass(frozen=True)
class Service:
    """One of our services, to be tried with any choice.

    Attributes:
        names: of all services, which a bundle holds.
        concurrency: jobs a worker has at a time.
        short_concurrency: likewise, while they are short.
        lanes: what it computes at a time.
        seed: of everything that is drawn.
    """

    name: str
    names: tuple[str, ...]
    figures: Figures
    concurrency: int
    short_concurrency: int
    lanes: int = 1
    shortage: Shortage = field(default_factory=Shortage)
    pod_prices: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def answer(self, choice: Choice, traffic: Traffic) -> Answer:
        """Try a choice."""
        outcome = self.outcome(choice, traffic)
        return Answer(choice, result(outcome), bill(outcome, self.storage(choice.plan)))

    def outcome(self, choice: Choice, traffic: Traffic) -> Outcome:
        """All that happens."""
        return simulate(traffic, self.setup(choice), self.seed)

    def setup(self, choice: Choice) -> Setup:
        """The endpoint that a choice makes."""
        rtf = {pool: self.figures.value(self.name, "rtf", pool) for pool in choice.pools}
        return Setup(
            gpus=tuple(Gpu(pool, rtf[pool]) for pool in choice.pools),
            scaling=choice.scaling,
            start=self.start(choice.plan, choice.hits),
            work=self._work(self.figures.value("sdk_pause_s")),
            shortage=self.shortage,
        )

    def start(self, plan: Plan, hits: float = 0.0) -> Start:
        """How a worker starts: RunPod's part, the process, the GPU, the weights."""
        of = self.figures.of
        platform, flashboot = of("platform_s"), of("flashboot_s") if hits else None
        own = max(of(name, "boot_s").value for name in self._held(plan)) + of("cuda_s").value
        speed = of("volume_mb_s" if plan == "volume" else "disk_mb_s").value
        own += self.weights_mb(plan) / speed
        low, high = platform.value, platform.to or platform.value
        hit = (flashboot.value, flashboot.to or flashboot.value) if flashboot else (0.0, 0.0)
        return Start((low + own, high + own), hit, hits)

    def storage(self, plan: Plan) -> Storage:
        """What it stores at RunPod; its ``endpoint.toml`` says how large a worker's disk is."""
        endpoint = EndpointSpec.of("bundle" if plan == "bundle" else self.name)
        needed_gb = self.weights_mb(plan) / 1000 if plan == "volume" else 0.0
        volume_gb = max(_SMALLEST_VOLUME_GB, needed_gb) if plan == "volume" else 0.0
        return Storage(endpoint.disk_gb, volume_gb)

    def weights_mb(self, plan: Plan) -> float:
        """The weights a worker reads when it starts."""
        return sum(self.figures.value(name, "weights_mb") for name in self._held(plan))

    def image_mb(self, plan: Plan) -> float:
        """What a host pulls before its first worker can start."""
        inside = 0.0 if plan == "volume" else self.weights_mb(plan)
        return self.figures.value("base_mb") + self.figures.value("packages_mb") + inside

    def pull_s(self, plan: Plan) -> float:
        """How long that takes; RunPod's documentation says that it is not billed."""
        return self.image_mb(plan) / self.figures.value("pull_mb_s")

    def pods(self, traffic: Traffic, p95_s: float) -> Pods:
        """The cheapest pods that are fast enough, or the largest number tried of the cheapest.

        A pod's server takes a job as soon as it can, and starts but once.
        """
        best: Pods | None = None
        for price, pool in sorted((self._pod(pool).per_hour, pool) for pool in PODS):
            if best and best.meets and pod_per_month(price) >= best.per_month:
                break
            found = self._enough(pool, traffic, p95_s)
            if best is None or (best.meets, -best.per_month) < (found.meets, -found.per_month):
                best = found
        assert best is not None  # noqa: S101 - there are pods
        return best

    def _pod(self, pool: str) -> PodPrice:
        price = PODS[pool]
        return replace(price, per_hour=self.pod_prices.get(pool, price.per_hour))

    def _enough(self, pool: str, traffic: Traffic, p95_s: float) -> Pods:
        price = self._pod(pool)
        gpu = Gpu(pool, self.figures.value(self.name, "rtf", pool))
        count, before = 1, math.inf
        while True:
            setup = Setup((gpu,), Scaling(count, count), Start((0.0, 0.0)), self._work(0.0))
            outcome = result(simulate(traffic, setup, self.seed))
            meets = outcome.latency.p95 <= p95_s
            in_vain = outcome.latency.p95 > _HELPS * before
            if meets or in_vain or count == _MOST_PODS:
                cost = pods_per_month(price, count, self.storage("image"))
                return Pods(price.gpu, count, outcome, cost, meets)
            count, before = count + 1, outcome.latency.p95

    def _held(self, plan: Plan) -> tuple[str, ...]:
        return self.names if plan == "bundle" else (self.name,)

    def _work(self, pause_s: float) -> Work:
        value = self.figures.value
        return Work(
            self.concurrency,
            self.lanes,
            overhead_s=value("sdk_s") + value("fetch_s"),
            fetch_rtf=value("fetch_rtf"),
            pause_s=pause_s,
            poll_s=value("poll_s"),
            short_concurrency=self.short_concurrency,
            job_s=value("job_s"),
            pass_audio_s=value(self.name, "pass_audio_s"),
        )


def known_pools() -> list[str]:
    """All pools whose price is known, cheapest first."""
    return sorted(PRICES, key=lambda pool: PRICES[pool].flex)
