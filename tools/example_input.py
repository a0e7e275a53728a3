"""Writes each service's ``test_input.json``: a job small enough to read, with its audio inside."""

from __future__ import annotations

import base64
import io
import json

import soundfile

from tools.workspace import COMMANDS, ROOT, SAMPLE, service_names

SECONDS = 3.0


def main() -> None:
    """Cut the first words of a bundled recording and put them into a job, as Ogg Opus."""
    for name in service_names():
        sample = COMMANDS if name in ("asr", "bundle") else SAMPLE
        samples, rate = soundfile.read(sample, frames=round(SECONDS * 16_000), dtype="float32")
        file = io.BytesIO()
        soundfile.write(file, samples, rate, format="OGG", subtype="OPUS", compression_level=1.0)
        task = {"task": "transcribe"} if name == "bundle" else {}
        job = {"input": {**task, "audio_base64": base64.b64encode(file.getvalue()).decode()}}
        path = ROOT / "services" / name / "test_input.json"
        path.write_text(json.dumps(job, indent=2) + "\n", encoding="utf-8")
        print(path.relative_to(ROOT), path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
