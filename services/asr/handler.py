"""Entry point of the speech recognition endpoint."""

from __future__ import annotations

from pathlib import Path

from services.asr.contract import ASRRequest, ASRResult
from services.asr.recognizer import SpeechRecognizer
from shared.spec import ServiceSpec
from shared.worker.service import Contract, Service
from shared.worker.start import serve

SERVICE = Service(
    spec=ServiceSpec.read(Path(__file__).with_name("service.toml")),
    contracts=(Contract(ASRRequest, ASRResult),),
    load=SpeechRecognizer.load,
    streams="segments",
)

if __name__ == "__main__":
    serve(SERVICE)
