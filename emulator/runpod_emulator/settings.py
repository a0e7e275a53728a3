"""What an emulated endpoint is told to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import StringConstraints
from pydantic.dataclasses import dataclass

from runpod_emulator.parse import STRICT
from runpod_emulator.rates import RATES, Rate
from runpod_emulator.rules import Rules

MIB = 1024**2


@dataclass(config=STRICT, frozen=True, slots=True)
class Limits:
    """Sizes in bytes beyond which RunPod refuses; the defaults are RunPod's.

    Attributes:
        run: of a request to ``/run``.
        runsync: of a request to ``/runsync``.
        result: of a worker's result; a larger one is answered with 400 and its job ends without
            output.
        chunk: of one streamed piece.
    """

    run: int = 10 * MIB
    runsync: int = 20 * MIB
    result: int = 20 * MIB
    chunk: int = 1_000_000


@dataclass(config=STRICT, frozen=True, slots=True)
class EndpointSettings:
    """One endpoint.

    Attributes:
        id: its name in URLs.
        rules: how it treats its jobs.
        limits: what it refuses.
        poll_s: how long a worker that asks for a job is kept waiting for one. RunPod does not say.
        sync_wait_s: how long ``/runsync`` waits unless ``?wait`` says otherwise.
        api_key: what callers have to send; None: anything, but something.
        webhook_delays_s: before each attempt to call a job's webhook.
        rates: how often callers may ask, by operation; none for an operation that is not there.
        gpu: the GPU pool its workers would be in, such as ``AMPERE_16``; what decides their price.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
    rules: Rules = field(default_factory=Rules)
    limits: Limits = field(default_factory=Limits)
    poll_s: float = 8.0
    sync_wait_s: float = 90.0
    api_key: str | None = None
    webhook_delays_s: tuple[float, ...] = (0.0, 5.0, 15.0)
    rates: Mapping[str, Rate] = field(default_factory=lambda: RATES)
    gpu: str = "AMPERE_16"
