"""Recordings are cut where nobody speaks, and batches hold stretches of like length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from services.asr.chunks import chunks, quiet_cuts
from services.asr.contract import ASRRequest
from shared.audio import SAMPLE_RATE
from shared.models.folder import locate
from shared.nets.vad import FsmnVad
from tools.workspace import SAMPLE, TINY_MODELS


def test_without_a_vad_nothing_is_left_out() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 100_000).astype(np.float32)
    chunks = list(quiet_cuts(np.array_split(samples, 13), 30_000))
    np.testing.assert_array_equal(np.concatenate([chunk.samples for chunk in chunks]), samples)
    assert max(len(chunk.samples) for chunk in chunks) <= 30_000
    assert chunks[0].start_ms == 0


def test_a_recording_is_cut_in_its_pauses() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 20 * SAMPLE_RATE).astype(np.float32)
    for pause in (7, 14):
        samples[pause * SAMPLE_RATE : pause * SAMPLE_RATE + 4_000] *= 0.01
    cuts = [chunk.start_ms for chunk in quiet_cuts([samples], 10 * SAMPLE_RATE)]
    assert cuts == [0, pytest.approx(7_125, abs=80), pytest.approx(14_125, abs=80)]


def test_an_empty_recording_has_no_stretch() -> None:
    assert list(quiet_cuts([], 1_000)) == list(quiet_cuts([np.zeros(0, np.float32)], 1_000)) == []


def test_speech_that_is_too_long_is_cut_in_its_pauses_too() -> None:
    vad = FsmnVad.load(locate("iic/speech_fsmn_vad_zh-cn-16k-common-pytorch", TINY_MODELS))
    audio, _ = soundfile.read(SAMPLE, dtype="float32")
    request = ASRRequest(audio="-", max_segment_s=4.0, max_end_silence_ms=2_000)
    found = list(chunks([audio], vad, request))
    assert max(len(chunk.samples) for chunk in found) <= 4 * SAMPLE_RATE
    for chunk in found:
        begin = chunk.start_ms * 16
        np.testing.assert_array_equal(chunk.samples, audio[begin : begin + len(chunk.samples)])
    loud = float(np.sqrt(np.mean(np.square(audio))))
    cuts = [one.end_ms * 16 for one, two in pairwise(found) if one.end_ms == two.start_ms]
    assert len(cuts) >= 2
    for cut in cuts:
        assert float(np.sqrt(np.mean(np.square(audio[cut - 480 : cut + 480])))) < loud / 3
