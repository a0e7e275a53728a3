"""Starts a worker as RunPod does, gives it a job, and shows where the time went."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runpod_emulator.settings import EndpointSettings
from runpod_emulator.testing import Emulated
from tools.host_models import choose, say_if_tiny
from tools.local import service
from tools.loopback import served
from tools.trace.picture import Panel, Span, draw
from tools.workspace import COMMANDS, ROOT, from_the_user

OUTPUT = ROOT / "out" / "trace"
ENDS_S = 30.0


def main() -> int:
    """Write a service's trace and its picture, and print the parts of its start."""
    name = sys.argv[1]
    parser = argparse.ArgumentParser(prog=f"nox -s trace-{name} --")
    parser.add_argument("file", nargs="?", type=Path, help="audio; a bundled one by default")
    given = parser.parse_args(sys.argv[2:])
    file = from_the_user(given.file) if given.file else COMMANDS
    OUTPUT.mkdir(parents=True, exist_ok=True)
    trace = OUTPUT / f"{name}.json"
    try:
        for _ in range(2):  # the first warms the disk's cache and compiles
            record(name, file, trace)
    except RuntimeError as error:
        sys.exit(str(error))
    spans = read(trace)
    picture = trace.with_suffix(".svg")
    end = max(span.end for span in spans) / 1000
    title = f"{name}: {end:.2f} s from process start to first result"
    picture.write_text(draw(title, spans, panels(spans)), encoding="utf-8")
    for span in spans:
        if span.about != "import" and span.ms >= 1:
            print(f"{span.start:8.1f} ms  {span.ms:8.1f} ms  {span.lane}: {span.name}")
    print(f"written: {trace.relative_to(ROOT)} (https://ui.perfetto.dev shows it), {picture.name}")
    return 0


def record(name: str, audio: Path, trace: Path) -> None:
    """Write the trace of a worker of a service that is started, answers one job and is stopped.

    Raises:
        RuntimeError: the job failed, or the worker did.
    """
    spec = service(name).spec
    models = choose(spec)
    say_if_tiny(models, spec)
    example = json.loads((ROOT / "services" / name / "test_input.json").read_text())["input"]
    del example["audio_base64"]
    with Emulated(settings=EndpointSettings(name)) as emulator, served(audio) as url:
        job = emulator.submit({**example, "audio_url": url})
        with tempfile.TemporaryDirectory() as home, Path(home, "log").open("w+") as log:
            environment = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "HOME": home,
                "MODELS_DIR": str(models.resolve()),
                "SPEECH_ALLOW_HTTP": "1",  # the audio is on this machine
                "SPEECH_ALLOW_PRIVATE": "1",
                **emulator.environment(),
            }
            module = f"services.{name}.handler"
            command = [sys.executable, "-m", "tools.trace.recorder", module, str(trace)]
            with subprocess.Popen(
                [*command, repr(time.perf_counter())],
                cwd=home, env=environment, stdout=log, stderr=log,
            ) as worker:  # fmt: skip
                try:
                    answer = emulator.result(job)
                except TimeoutError:
                    log.seek(0)
                    raise RuntimeError(f"the worker gave no answer:\n{log.read()}") from None
                finally:
                    worker.terminate()
                    worker.wait(ENDS_S)
    if "error" in answer:
        raise RuntimeError(answer["error"])


def read(trace: Path) -> list[Span]:
    """The spans of a trace until the first result was sent, by their start."""
    events: list[dict[str, Any]] = json.loads(trace.read_text())["traceEvents"]
    spans = [
        Span(
            event["name"],
            event["cat"],
            event["tid"].partition("_")[0],  # without the number in its pool
            event["ts"] / 1000,
            (event["ts"] + event["dur"]) / 1000,
        )
        for event in events
    ]
    last = _first("send the result", spans).end
    spans = [span._replace(end=min(span.end, last)) for span in spans if span.start < last]
    taken = _first("take a job", spans)  # while it is done, the worker asks for others
    spans = [span for span in spans if span is taken or span.name != taken.name]
    return sorted(spans, key=lambda span: span.start)


def panels(spans: Sequence[Span]) -> list[Panel]:
    """The start, and the first job."""
    began = _first("job", spans).start
    end = max(span.end for span in spans)
    return [
        Panel(f"Until the first job is taken: {began:.0f} ms", 0.0, began),
        Panel(f"The job: {end - began:.0f} ms", began, end),
    ]


def _first(name: str, spans: Sequence[Span]) -> Span:
    return min((span for span in spans if span.name == name), key=lambda span: span.end)


if __name__ == "__main__":
    sys.exit(main())
