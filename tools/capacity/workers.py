"""What a worker of an endpoint is: its GPU, how it starts, how it works; numbers only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from runpod_emulator.scaling import Scaling
from shared.audio import BLOCK_S
from tools.capacity.traffic import Seconds

_DRAWN_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Gpu:
    """A pool of GPUs.

    Attributes:
        pool: its id, as RunPod calls it.
        rtf: seconds of computing for each second of audio.
    """

    pool: str
    rtf: float


@dataclass(frozen=True, slots=True)
class Start:
    """How long a worker takes until it asks for jobs, in seconds; drawn evenly from a range.

    Attributes:
        cold: from, to.
        flashboot: likewise, when RunPod brings back one that was there before.
        hits: the share of starts that are such.
    """

    cold: tuple[float, float]
    flashboot: tuple[float, float] = (0.0, 0.0)
    hits: float = 0.0

    def draw(self, rng: np.random.Generator) -> Iterator[float]:
        """One after the other, without end."""
        while True:
            cold = rng.uniform(*self.cold, _DRAWN_AT_ONCE)
            hit = rng.uniform(*self.flashboot, _DRAWN_AT_ONCE)
            yield from np.where(rng.random(_DRAWN_AT_ONCE) < self.hits, hit, cold).tolist()


@dataclass(frozen=True, slots=True)
class Work:
    """How a worker works.

    Attributes:
        concurrency: jobs it has at a time.
        lanes: what it computes at a time, at full speed each: 1 where the engine has one thread,
            as ours.
        overhead_s: of a job besides computing; side by side with other jobs.
        fetch_rtf: likewise, for each second of audio.
        pause_s: a worker that has all the jobs it may have asks for more only so much later. That
            is RunPod's SDK; 0 for a worker that asks when it can take one.
        poll_s: how long it waits for a job before it sees anew how many it may have.
        short_concurrency: jobs it has at a time while they are short; as many as ever if None.
        job_s: of computing for each job, whatever its length.
        pass_audio_s: what each pass of short jobs through the networks costs, as so much audio
            more; those that wait together share it. A long one's passes are in the GPU's ``rtf``.
    """

    concurrency: int = 1
    lanes: int = 1
    overhead_s: float = 0.0
    fetch_rtf: float = 0.0
    pause_s: float = 0.0
    poll_s: float = 8.0
    short_concurrency: int | None = None
    job_s: float = 0.0
    pass_audio_s: float = 0.0

    def pass_of(self, audio_s: float) -> float:
        """What the pass of a recording of that length costs, as so much audio more."""
        return self.pass_audio_s if audio_s <= BLOCK_S else 0.0


@dataclass(frozen=True, slots=True)
class Shortage:
    """No GPU is free now and then; workers that are to start wait for one, unbilled.

    Attributes:
        share: of the time.
        spell_s: how long at a stretch, in the mean.
    """

    share: float = 0.0
    spell_s: float = 600.0

    def spells(self, rng: np.random.Generator, period_s: float) -> tuple[Seconds, Seconds]:
        """When they begin and end: exponential, and as in the middle of time at the beginning."""
        if not self.share:
            return np.empty(0), np.empty(0)
        free_s = self.spell_s * (1 - self.share) / self.share
        count = math.ceil(2 * period_s / (free_s + self.spell_s)) + 100
        lengths = rng.exponential([[free_s, self.spell_s]], (count, 2))
        if rng.random() < self.share:
            lengths[0, 0] = 0.0
        ends = np.cumsum(lengths.ravel())
        return ends[0::2], ends[1::2]


@dataclass(frozen=True, slots=True)
class Setup:
    """An endpoint, as far as time is concerned.

    Attributes:
        gpus: by preference; a worker gets the first that is free.
        scaling: how many workers there are to be.
    """

    gpus: tuple[Gpu, ...]
    scaling: Scaling
    start: Start
    work: Work = field(default_factory=Work)
    shortage: Shortage = field(default_factory=Shortage)
