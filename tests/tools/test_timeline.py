"""The picture of a recording shows its level, its speech and its segments."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from rich.console import Console

from tools.timeline import show


def result(duration: float, *segments: tuple[float, float]) -> dict[str, Any]:
    speech = sum(end - start for start, end in segments)
    return {
        "duration_s": duration,
        "segments": [{"start": start, "end": end} for start, end in segments],
        "speech_s": speech,
        "speech_ratio": speech / duration if duration else 0,
        "timings": {"rtf": 0.01 if duration else None},
        "model": {"id": "iic/x", "revision": "v1", "verified": True},
    }


def drawn(folder: Path, answer: dict[str, Any], width: int = 60) -> list[str]:
    loud = np.zeros(round(16_000 * answer["duration_s"]), np.float32)
    loud[len(loud) // 2 :] = 0.5
    soundfile.write(folder / "a.wav", loud, 16_000)
    console = Console(file=io.StringIO(), width=width)
    show(console, folder / "a.wav", answer)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue().splitlines()


def test_speech_is_drawn_where_it_is(tmp_path: Path) -> None:
    _, level, speech, axis, *_ = drawn(tmp_path, result(10.0, (5.0, 10.0)))
    bar = speech.removeprefix("speech   ")
    half = len(bar) // 2
    assert set(bar[: half - 1]) == {"─"}
    assert set(bar[half + 1 :]) == {"█"}
    assert level.removeprefix("level    ")[: half - 1].strip() == ""
    assert axis.split()[0] == "0s"


@pytest.mark.parametrize("width", [30, 60, 100, 300])
@pytest.mark.parametrize("duration", [0.01, 0.5, 20.3, 3_600.0 / 60])
def test_no_line_is_wider_than_the_terminal(tmp_path: Path, width: int, duration: float) -> None:
    for line in drawn(tmp_path, result(duration, (0.0, duration)), width)[:4]:
        assert len(line.rstrip()) <= width


def test_empty_audio_is_shown_without_a_picture(tmp_path: Path) -> None:
    lines = drawn(tmp_path, result(0.0))
    assert not any(line.startswith("speech") for line in lines)
    assert any(line.startswith("0 segments") for line in lines)


def test_a_long_list_of_segments_is_cut(tmp_path: Path) -> None:
    many = [(index / 10, index / 10 + 0.05) for index in range(50)]
    lines = drawn(tmp_path, result(10.0, *many))
    assert any("and 38 more" in line for line in lines)


def test_who_says_what_is_listed_below_the_turns(tmp_path: Path) -> None:
    answer = {
        **result(10.0),
        "segments": [{"start": 0.0, "end": 4.0, "text": "Hello.", "speaker": "Ada"},
                     {"start": 5.0, "end": 8.0, "text": "Well?", "speaker": None}],
        "turns": [{"start": 0.0, "end": 4.0, "speaker": "Ada"}],
        "num_speakers": 1,
    }  # fmt: skip
    lines = drawn(tmp_path, answer)
    assert any(line.split() == ["1", "0.00", "4.00", "4.00", "Ada", "Hello."] for line in lines)
    assert any(line.split() == ["2", "5.00", "8.00", "3.00", "Well?"] for line in lines)
    assert any(line.startswith("1 speakers, 1 turns") for line in lines)


def test_every_speaker_has_a_colour(tmp_path: Path) -> None:
    turns = [(0.0, 4.0, "SPEAKER_00"), (5.0, 8.0, "Ada"), (8.0, 10.0, "SPEAKER_00")]
    answer = {
        **result(10.0),
        "turns": [{"start": start, "end": end, "speaker": who} for start, end, who in turns],
        "num_speakers": 2,
    }
    console = Console(
        file=io.StringIO(), width=60, color_system="standard", force_terminal=True, highlight=False
    )
    soundfile.write(tmp_path / "a.wav", np.zeros(160_000, np.float32), 16_000)
    show(console, tmp_path / "a.wav", answer)
    output = console.file
    assert isinstance(output, io.StringIO)
    (line,) = [line for line in output.getvalue().splitlines() if line.startswith("speakers")]
    green, magenta = "\x1b[32m█", "\x1b[35m█"
    assert line.index(green) < line.index(magenta) < line.rindex(green)
    assert "2 speakers, 3 turns" in output.getvalue()
