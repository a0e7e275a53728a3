"""The main job on a bundled recording with bundled weights, offline: ``nox -s demo``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from shared.formats import Labelled, render
from tools.local import LocalWorker
from tools.timeline import show
from tools.workspace import ROOT, SAMPLE, TINY_MODELS

OUTPUT = ROOT / "out" / "demo"


def main() -> int:
    """Find the speech, draw it, and write it in every format."""
    os.environ["MODELS_DIR"] = str(TINY_MODELS)
    result = LocalWorker("vad").answer(SAMPLE, {})
    console = Console(highlight=False)
    if "error" in result:
        console.print(result["error"], style="red")
        return 1
    show(console, SAMPLE, result)
    console.print("\nwritten:")
    for path in write(result, OUTPUT):
        console.print(f"  {path.relative_to(ROOT)}")
    console.print("\nnext: nox -s run-vad -- your.wav")
    return 0


def write(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write a result as JSON, RTTM, CSV and Audacity labels."""
    folder.mkdir(parents=True, exist_ok=True)
    segments = [Labelled(s["start"], s["end"], "speech") for s in result["segments"]]
    texts = {
        "vad.json": json.dumps(result, indent=2) + "\n",
        "vad.rttm": render(segments, "rttm", SAMPLE.stem),
        "vad.csv": render(segments, "csv"),
        "vad.audacity.txt": render(segments, "audacity"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return [folder / name for name in texts]


if __name__ == "__main__":
    sys.exit(main())
