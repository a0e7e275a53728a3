"""Entry point of the voice activity detection endpoint."""

from __future__ import annotations

from pathlib import Path

from services.vad.contract import VADRequest, VADResult
from services.vad.detector import Detector
from shared.spec import ServiceSpec
from shared.worker.service import Contract, Service
from shared.worker.start import serve

SERVICE = Service(
    spec=ServiceSpec.read(Path(__file__).with_name("service.toml")),
    contracts=(Contract(VADRequest, VADResult),),
    load=Detector.load,
)

if __name__ == "__main__":
    serve(SERVICE)
