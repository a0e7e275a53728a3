"""What it costs: the rule of thumb, and the whole bill of a simulated while. US dollars."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runpod_emulator.billing import Spell, billed_s, disk_s
from runpod_emulator.prices import DISK_GB_MONTH, PRICES, PodPrice, volume_month
from tools.capacity.simulation import Outcome
from tools.capacity.traffic import DAY_S

MONTH_DAYS = 30
_MONTH_S = MONTH_DAYS * DAY_S


def thumb_per_day(request_s: float, price_per_s: float, requests: float) -> float:
    """The rule of thumb: seconds of a request x price of a second x requests a day.

    It leaves out that workers start, wait for jobs, and that their time is rounded up.
    """
    return request_s * price_per_s * requests


def per_month(per_day: float) -> float:
    """Of a month of 30 days."""
    return per_day * MONTH_DAYS


def pod_per_month(price_per_hour: float) -> float:
    """A pod that runs all day, without its disk."""
    return price_per_hour * 24 * MONTH_DAYS


@dataclass(frozen=True, slots=True)
class Storage:
    """What is stored: a worker's container disk, and a network volume for all of them; GB."""

    disk_gb: float = 0.0
    volume_gb: float = 0.0


@dataclass(frozen=True, slots=True)
class Bill:
    """What a simulated while costs.

    Attributes:
        flex: workers that come and go.
        active: workers that are always there, at their discount where one was listed.
        discount: what ``active`` would be more without it.
        disk: their container disks.
        volume: the network volume.
        period_s: how long the while is.
        audio_s: the audio of its jobs.
        most_per_hour: what all workers there were at a time cost in an hour.
    """

    flex: float
    active: float
    discount: float
    disk: float
    volume: float
    period_s: float
    audio_s: float
    most_per_hour: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.flex + self.active + self.disk + self.volume

    @property
    def per_day(self) -> float:
        """A day, in the mean."""
        return self.total * DAY_S / self.period_s

    @property
    def per_month(self) -> float:
        """A month of 30 days."""
        return per_month(self.per_day)

    @property
    def per_audio_hour(self) -> float:
        """An hour of audio; NaN if there was none."""
        return self.total / self.audio_s * 3600 if self.audio_s else math.nan


def bill(outcome: Outcome, storage: Storage) -> Bill:
    """Bill what happened, by the emulator's rules and prices.

    So many workers as are always there are active ones, whichever they are.
    """
    pools = [gpu.pool for gpu in outcome.setup.gpus]
    spells = {pool: [Spell(w.started, w.ended) for w in outcome.workers if w.gpu.pool == pool]
              for pool in pools}  # fmt: skip
    seconds = {pool: billed_s(spells[pool]) for pool in pools}
    price = PRICES[pools[0]]
    active_s = min(seconds[pools[0]], outcome.setup.scaling.workers_min * math.ceil(outcome.end))
    seconds[pools[0]] -= active_s
    listed = price.flex if price.active is None else price.active
    dearest = max(PRICES[pool].flex for pool in pools)
    return Bill(
        flex=sum(seconds[pool] * PRICES[pool].flex for pool in pools),
        active=active_s * listed,
        discount=active_s * (price.flex - listed),
        disk=storage.disk_gb * DISK_GB_MONTH * sum(map(disk_s, spells.values())) / _MONTH_S,
        volume=volume_month(storage.volume_gb) * outcome.end / _MONTH_S,
        period_s=outcome.end,
        audio_s=float(outcome.traffic.audio_s.sum()),
        most_per_hour=outcome.setup.scaling.workers_max * dearest * 3600,
    )


def pods_per_month(pod: PodPrice, count: int, storage: Storage) -> float:
    """Pods that run all day, with their disks."""
    return count * (pod_per_month(pod.per_hour) + storage.disk_gb * DISK_GB_MONTH)
