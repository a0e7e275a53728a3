"""Entry point of the speaker diarization endpoint."""

from __future__ import annotations

from pathlib import Path

from services.diarization.contract import DiarizationRequest, DiarizationResult
from services.diarization.diarizer import Diarizer
from shared.spec import ServiceSpec
from shared.worker.service import Contract, Service
from shared.worker.start import serve

SERVICE = Service(
    spec=ServiceSpec.read(Path(__file__).with_name("service.toml")),
    contracts=(Contract(DiarizationRequest, DiarizationResult),),
    load=Diarizer.load,
)

if __name__ == "__main__":
    serve(SERVICE)
