"""The detector's model: loaded from its folder, and run on recordings that come in blocks."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from shared.errors import ModelUnusable
from shared.models.folder import ModelFolder, locate
from shared.nets.vad import Cutting, FsmnVad, Joining, find_segments
from tools.workspace import SAMPLE, TINY_MODELS

MODEL = "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    shutil.copytree(TINY_MODELS / MODEL, tmp_path / "model")
    return ModelFolder(MODEL, tmp_path / "model", None)


def rewrite(folder: ModelFolder, section: str, value: Any) -> None:
    path = folder.path / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config[section] = {**config[section], **value} if isinstance(value, dict) else value
    path.write_text(yaml.safe_dump(config))


def test_the_model_as_it_is_loads(folder: ModelFolder) -> None:
    assert FsmnVad.load(folder).rules.max_end_silence_time == 800


@pytest.mark.parametrize(
    ("section", "value", "named"),
    [
        ("frontend_conf", 3, "frontend_conf"),
        ("frontend_conf", {"n_mels": "many"}, "n_mels"),
        ("frontend_conf", {"fs": 8_000}, "fs"),
        ("frontend_conf", {"window": "povey"}, "window"),
        ("frontend_conf", {"dither": 1.0}, "dither"),
        ("frontend_conf", {"lfr_n": 2}, "lfr_n"),
        ("frontend_conf", {"lfr_m": 7}, "560"),
        ("model_conf", [], "model_conf"),
        ("model_conf", {"detect_mode": 0}, "detect_mode"),
        ("encoder_conf", {"surprise": 1}, "surprise"),
        ("encoder_conf", {"linear_dim": 8}, "size mismatch"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    folder: ModelFolder, section: str, value: Any, named: str
) -> None:
    rewrite(folder, section, value)
    with pytest.raises(ModelUnusable) as caught:
        FsmnVad.load(folder).silence([])
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder.path) not in str(caught.value)


@pytest.mark.parametrize("block", [1_000, 16_000, 10**9])
def test_segments_come_with_their_audio_however_the_recording_is_cut(block: int) -> None:
    vad = FsmnVad.load(locate(MODEL, TINY_MODELS))
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    blocks = [audio[first : first + block] for first in range(0, len(audio), block)]
    found = list(vad.segments(blocks, vad.rules))
    whole = find_segments(vad.rules.is_speech(vad.silence([audio])), vad.rules)
    assert [(segment.start_ms, segment.end_ms) for segment in found] == whole
    for segment in found:
        expected = audio[segment.start_ms * 16 : segment.end_ms * 16]
        assert np.array_equal(segment.samples, expected)


def joined(spans: list[tuple[int, int]], gap: int, longest: int) -> list[tuple[int, int]]:
    """The definition, on all segments at once."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start - found[-1][1] <= gap and end - found[-1][0] <= longest:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


@pytest.mark.parametrize("block", [1_000, 16_000, 10**9])
@pytest.mark.parametrize("joining", [Joining(1_200, 8_500), Joining(9_999, 10**6), Joining(0, 0)])
def test_near_segments_are_joined_with_the_audio_between(block: int, joining: Joining) -> None:
    vad = FsmnVad.load(locate(MODEL, TINY_MODELS))
    rules = replace(vad.rules, max_end_silence_time=300)
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    blocks = [audio[first : first + block] for first in range(0, len(audio), block)]
    found = list(vad.segments(blocks, rules, joining))
    separate = find_segments(rules.is_speech(vad.silence([audio])), rules)
    assert [(s.start_ms, s.end_ms) for s in found] == joined(separate, *joining)
    for segment in found:
        assert np.array_equal(segment.samples, audio[segment.start_ms * 16 : segment.end_ms * 16])


def test_several_ways_to_cut_a_recording_give_what_each_gives_alone() -> None:
    vad = FsmnVad.load(locate(MODEL, TINY_MODELS))
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    rules = (vad.rules, replace(vad.rules, max_end_silence_time=300, lookback_time_start_point=0))
    joinings = (Joining(500, 15_000), Joining())
    ways = [Cutting(*way) for way in zip(rules, joinings, strict=True)]
    together = list(vad.each_way(np.array_split(audio, 20), ways))
    for number, way in enumerate(zip(rules, joinings, strict=True)):
        own = [segment for which, segment in together if which == number]
        alone = list(vad.segments([audio], *way))
        assert [segment[:2] for segment in own] == [segment[:2] for segment in alone]
        for one, other in zip(own, alone, strict=True):
            assert np.array_equal(one.samples, other.samples)


def test_an_hour_is_not_kept() -> None:
    vad = FsmnVad.load(locate(MODEL, TINY_MODELS))
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    alive: list[weakref.ref[Any]] = []

    def blocks() -> Iterator[Any]:
        for _ in range(20):
            block = audio.copy()
            alive.append(weakref.ref(block))
            yield block
            del block
            assert sum(ref() is not None for ref in alive) <= 3

    assert len(list(vad.segments(blocks(), vad.rules))) >= 60
