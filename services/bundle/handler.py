"""Entry point of the endpoint that has all tasks."""

from __future__ import annotations

from pathlib import Path

from services.asr.contract import ASRResult
from services.bundle.contract import (
    ASRTask,
    BundleRequest,
    DiarizationTask,
    TranscribeResult,
    TranscribeTask,
    VADTask,
)
from services.bundle.engines import Bundle
from services.diarization.contract import DiarizationResult
from services.vad.contract import VADResult
from shared.spec import ServiceSpec
from shared.worker.service import Contract, Service
from shared.worker.start import serve

SERVICE: Service[BundleRequest] = Service(
    spec=ServiceSpec.read(Path(__file__).with_name("service.toml")),
    contracts=(
        Contract(VADTask, VADResult),
        Contract(DiarizationTask, DiarizationResult),
        Contract(ASRTask, ASRResult),
        Contract(TranscribeTask, TranscribeResult),
    ),
    load=Bundle.load,
    streams="segments",
)

if __name__ == "__main__":
    serve(SERVICE)
