"""A trace shows what a worker really did until its first result, and a picture shows the trace."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.trace.__main__ import panels, read, record
from tools.trace.picture import Panel, Span, draw
from tools.trace.watched import WATCHED
from tools.workspace import COMMANDS, TINY_MODELS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the VAD's worker, in RunPod's own loop."""
    file = tmp_path_factory.mktemp("trace") / "vad.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELS_DIR", str(TINY_MODELS))
        record("vad", COMMANDS, file)
    return file


@pytest.fixture(scope="module")
def spans(trace: Path) -> list[Span]:
    return read(trace)


def texts(picture: str, element: str) -> list[str]:
    found = ElementTree.fromstring(picture).iter(f"{SVG}{element}")  # noqa: S314 - it is ours
    return [text.text or "" for text in found]


def one(name: str, spans: list[Span]) -> Span:
    return next(span for span in spans if span.name == name)


def test_it_is_in_the_format_that_viewers_read(trace: Path) -> None:
    for event in json.loads(trace.read_text())["traceEvents"]:
        assert event["ph"] == "X"
        assert event.keys() == {"name", "cat", "ph", "pid", "tid", "ts", "dur"}


def test_every_step_is_there_in_its_order(spans: list[Span]) -> None:
    steps = [
        "interpreter", "services.vad.contract", "load the engine", "verify", "torch", "weights",
        "warm-up", "take a job", "job", "fetch", "engine", "send the result",
    ]  # fmt: skip
    found = [one(step, spans) for step in steps]
    assert found == sorted(found, key=lambda span: span.start)
    assert found[0].start == 0
    assert max(span.end for span in spans) == found[-1].end


def test_steps_lie_within_what_they_are_a_part_of(spans: list[Span]) -> None:
    for inner, outer in [
        ("torch._C", "torch"), ("torch", "load the engine"), ("aiohttp", "RunPod's SDK"),
        ("validate", "job"), ("decode", "engine"), ("fetch", "job"),
    ]:  # fmt: skip
        outside = one(outer, spans)
        inside = next(s for s in spans if s.name == inner and s.start >= outside.start)
        assert outside.start <= inside.start <= inside.end <= outside.end


def test_the_sdk_is_imported_beside_the_engine(spans: list[Span]) -> None:
    sdk, engine = one("RunPod's SDK", spans), one("load the engine", spans)
    assert sdk.lane != engine.lane
    assert sdk.start < engine.end


def test_the_picture_shows_the_start_and_the_job(spans: list[Span]) -> None:
    picture = draw("a <title>", spans, panels(spans))
    assert "a <title>" in texts(picture, "text")
    drawn = {title.partition(":")[0] for title in texts(picture, "title")}
    assert {"torch", "RunPod's SDK", "warm-up", "decode", "send the result"} <= drawn


def test_short_imports_and_what_fills_its_importer_are_not_drawn() -> None:
    spans = [
        Span("a", "import", "main", 0.0, 100.0),
        Span("a.all", "import", "main", 1.0, 99.0),
        Span("a.part", "import", "main", 2.0, 50.0),
        Span("a.short", "import", "main", 51.0, 54.0),
    ]
    picture = draw("", spans, [Panel("", 0.0, 100.0)])
    assert texts(picture, "title") == ["a: 100.0 ms", "a.part: 48.0 ms"]


@pytest.mark.parametrize("module", WATCHED)
def test_what_is_watched_is_there(module: str) -> None:
    for path in WATCHED[module]:
        found = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        assert hasattr(found, "__code__")
