"""Writes each service's ``test_input.json``: a job small enough to read, with its audio inside."""

from __future__ import annotations

import base64
import io
import json

import soundfile

from tools.workspace import ROOT, SAMPLE, service_names

SECONDS = 3.0


def main() -> None:
    """Cut the bundled recording's first words and put them into a job, as Ogg Opus."""
    samples, rate = soundfile.read(SAMPLE, frames=round(SECONDS * 16_000), dtype="float32")
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="OGG", subtype="OPUS", compression_level=1.0)
    job = {"input": {"audio_base64": base64.b64encode(file.getvalue()).decode()}}
    for name in service_names():
        path = ROOT / "services" / name / "test_input.json"
        path.write_text(json.dumps(job, indent=2) + "\n", encoding="utf-8")
        print(path.relative_to(ROOT), path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
