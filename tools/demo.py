"""The main job on a bundled recording with bundled weights, offline: ``nox -s demo``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from shared.formats import render
from tools.local import LocalWorker
from tools.timeline import show, spans_of
from tools.workspace import ROOT, SAMPLE, TINY_MODELS

OUTPUT = ROOT / "out" / "demo"


def main() -> int:
    """Find the speech and who speaks, draw it, and write it in every format."""
    os.environ["MODELS_DIR"] = str(TINY_MODELS)
    console = Console(highlight=False)
    written = []
    for name in ("vad", "diarization"):
        result = LocalWorker(name).answer(SAMPLE, {})
        if "error" in result:
            console.print(result["error"], style="red")
            return 1
        console.print(f"\n[bold]{name}[/]")
        show(console, SAMPLE, result)
        written += write(name, result, OUTPUT)
    console.print("\nwritten:")
    for path in written:
        console.print(f"  {path.relative_to(ROOT)}")
    console.print("\nnext: nox -s run-vad -- your.wav, nox -s run-diarization -- your.wav")
    return 0


def write(name: str, result: dict[str, Any], folder: Path) -> list[Path]:
    """Write a service's result as JSON, RTTM, CSV and Audacity labels."""
    folder.mkdir(parents=True, exist_ok=True)
    spans = spans_of(result)
    texts = {
        f"{name}.json": json.dumps(result, indent=2) + "\n",
        f"{name}.rttm": render(spans, "rttm", SAMPLE.stem),
        f"{name}.csv": render(spans, "csv"),
        f"{name}.audacity.txt": render(spans, "audacity"),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8", newline="")
    return [folder / file for file in texts]


if __name__ == "__main__":
    sys.exit(main())
