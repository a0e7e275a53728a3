"""A small service of the tests: it finds the highest sample, or fails as it is asked to."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import soundfile
import torch
from pydantic import Field

from shared.audio import Recording
from shared.contract import (
    AnyReference,
    AudioReference,
    AudioRequest,
    AudioResult,
    ModelInfo,
    Response,
)
from shared.spec import LimitSpec, ServiceSpec, WorkerSpec
from shared.worker.service import Contract, Emit, Service, keep_quiet

Fault = Literal["none", "raise", "memory", "allocator", "gpu", "full", "exit", "nan", "set"]
GATE = threading.Event()


class PeakRequest(AudioRequest):
    fault: Fault = "none"
    wait: bool = False
    padding: int = 0
    compared: list[AnyReference] = Field([])
    stream: bool = False
    many: int = 1  # parts of each block

    def voices(self) -> list[AudioReference]:
        return list(self.compared)

    def streams(self) -> bool:
        return self.stream


class PeakResult(AudioResult):
    peak: float
    padding: str = ""


class Loudness(Response):
    """A part of the result: the peak of one block."""

    peak: float


class PeakEngine:
    """Finds the highest sample; fails in the way it is asked to."""

    models = (ModelInfo(id="test/peak", revision="v1", verified=True),)
    seen = 0

    def warm_up(self) -> None:
        """Nothing to warm."""

    def run(
        self,
        recording: Recording,
        request: PeakRequest,
        voices: Sequence[Recording] = (),
        emit: Emit = keep_quiet,
        /,
    ) -> Mapping[str, object]:
        others = [max(float(np.abs(block).max()) for block in voice) for voice in voices]
        if others:
            return {"peak": round(sum(others), 2)}
        peak = 0.0
        for block in recording:
            self.seen += 1
            peak = max(peak, float(np.abs(block).max()))
            for _ in range(request.many):
                emit(Loudness(peak=round(peak, 2)))
            if request.wait:
                GATE.wait(10)
        _fail(request.fault)
        value = {"nan": float("nan"), "set": {1}}.get(request.fault, round(peak, 2))
        return {"peak": value, **({"padding": "-" * request.padding} if request.padding else {})}


def _fail(fault: Fault) -> None:
    if fault == "raise":
        raise KeyError("/secret/path?token=abc")
    if fault == "memory":
        raise MemoryError
    if fault == "allocator":
        torch.empty(1 << 50)
    if fault == "full":
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    if fault == "gpu":
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    if fault == "exit":
        raise SystemExit(3)


SPEC = ServiceSpec(
    name="peak",
    version="1.2.3",
    summary="",
    models=(),
    worker=WorkerSpec(concurrency=4, short_concurrency=16, max_result_bytes=2_000),
    limits=LimitSpec(
        max_items=40, max_bytes=10_000_000, fetch_deadline_s=5, max_duration_s=60,
        min_rate_hz=4_000, max_rate_hz=384_000, max_channels=8, max_samples=10_000_000,
    ),
)  # fmt: skip


def service(engine: PeakEngine) -> Service[PeakRequest]:
    return Service(SPEC, (Contract(PeakRequest, PeakResult),), lambda _: engine, streams="padding")


def sound(level: float = 0.5, seconds: float = 0.5) -> str:
    file = io.BytesIO()
    soundfile.write(file, np.full(round(16_000 * seconds), level), 16_000, format="WAV")
    return base64.b64encode(file.getvalue()).decode()
