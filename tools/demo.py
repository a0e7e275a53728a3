"""The main jobs on bundled recordings with bundled weights, offline: ``nox -s demo``."""

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
from tools.workspace import COMMANDS, ROOT, SAMPLE, TINY_MODELS

OUTPUT = ROOT / "out" / "demo"
SAMPLES = {"vad": SAMPLE, "diarization": SAMPLE, "asr": COMMANDS}


def main() -> int:
    """Find the speech, who speaks and what is said, draw it, and write it in every format."""
    os.environ["MODELS_DIR"] = str(TINY_MODELS)
    console = Console(highlight=False)
    written = []
    for name, sample in SAMPLES.items():
        worker = LocalWorker(name)
        result = worker.answer(sample, {})
        if "error" in result:
            console.print(result["error"], style="red")
            return 1
        console.print(f"\n[bold]{name}[/]")
        show(console, sample, result)
        written += write(OUTPUT, texts(worker, sample, result))
    console.print("\nwritten:")
    for path in written:
        console.print(f"  {path.relative_to(ROOT)}")
    console.print(f"\nnext: nox -s run-vad -- your.wav, and so {' and '.join([*SAMPLES][1:])}")
    return 0


def texts(worker: LocalWorker, sample: Path, result: dict[str, Any]) -> dict[str, str]:
    """A service's result in every format it has, by the names of the files."""
    name = worker.service.spec.name
    found = {f"{name}.json": json.dumps(result, indent=2, ensure_ascii=False) + "\n"}
    if "text" in result:
        for form in ("srt", "vtt"):
            found[f"{name}.{form}"] = worker.answer(sample, {"format": form})["formatted"]
    else:
        spans = spans_of(result)
        found[f"{name}.rttm"] = render(spans, "rttm", sample.stem)
        found[f"{name}.csv"] = render(spans, "csv")
        found[f"{name}.audacity.txt"] = render(spans, "audacity")
    return found


def write(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write files of that content, line ends as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8", newline="")
    return [folder / file for file in files]


if __name__ == "__main__":
    sys.exit(main())
