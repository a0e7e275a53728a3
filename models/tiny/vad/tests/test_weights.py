"""The bundled model folder and the demo recording, through unmodified FunASR."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models.tiny.sound.acoustics import Samples
from models.tiny.vad.network import (
    MODEL_FOLDER,
    SPEECH_FROM,
    FunasrDetector,
    load_encoder,
    score_frames,
    stack_frames,
)
from models.tiny.vad.release import format_cmvn
from shared.audio import SAMPLE_RATE
from shared.features import Cmvn, Fbank, FeatureStream
from shared.models.folder import locate

MODELS_DIR = MODEL_FOLDER.parents[1]
SAMPLES = Path(__file__).parents[4] / "samples"


@pytest.fixture(scope="module")
def detector() -> FunasrDetector:
    return FunasrDetector(MODEL_FOLDER)


def odd_sounds() -> dict[str, Samples]:
    rng = np.random.default_rng(0)
    ramp = np.arange(3 * SAMPLE_RATE)
    return {
        "digital silence": np.zeros(ramp.size, np.float32),
        "faint white noise": (1e-3 * rng.standard_normal(ramp.size)).astype(np.float32),
        "loud white noise": (0.2 * rng.standard_normal(ramp.size)).astype(np.float32),
        "a tone": (0.5 * np.sin(0.4 * ramp)).astype(np.float32),
        "mains hum": (0.3 * np.sin(2 * np.pi * 50 / SAMPLE_RATE * ramp)).astype(np.float32),
    }


def test_the_lock_names_the_files_as_they_are() -> None:
    folder = locate("iic/speech_fsmn_vad_zh-cn-16k-common-pytorch", MODELS_DIR)
    assert folder.verified
    assert folder.revision == "tiny-1"
    folder.verify(hash_up_to=None)


def test_the_weights_are_small_enough_to_bundle() -> None:
    assert sum(path.stat().st_size for path in MODEL_FOLDER.iterdir()) < 1_000_000


def test_the_weights_can_be_mapped_into_memory_without_running_code() -> None:
    state = torch.load(MODEL_FOLDER / "model.pt", mmap=True, weights_only=True)
    assert all(name.startswith("encoder.") for name in state)
    assert {tensor.dtype for tensor in state.values()} == {torch.float32}


def test_each_stretch_of_the_demo_recording_is_found(detector: FunasrDetector) -> None:
    samples, rate = soundfile.read(SAMPLES / "conversation.flac", dtype="float32")
    assert rate == SAMPLE_RATE
    turns = json.loads((SAMPLES / "conversation.json").read_text("utf-8"))
    starts = [t["start"] for s, t in zip([None, *turns], turns, strict=False)
              if s is None or t["start"] - s["end"] > 1.2]  # fmt: skip
    found = detector.segments(samples)
    assert len(starts) >= 4
    assert [start for start, _ in found] == pytest.approx(starts, abs=0.4)
    assert all(any(s <= t["start"] and t["end"] <= e for s, e in found) for t in turns)


@pytest.mark.parametrize("sound", odd_sounds())
def test_what_is_not_speech_gives_no_segment(detector: FunasrDetector, sound: str) -> None:
    assert detector.segments(odd_sounds()[sound]) == []


@pytest.mark.parametrize("sound", odd_sounds())
def test_no_sound_makes_the_network_so_sure_that_a_logarithm_fails(sound: str) -> None:
    for gain in (1e-3, 1.0, 100.0):
        samples = np.clip(gain * odd_sounds()[sound], -1, 1).astype(np.float32)
        odds = score_frames(*load_encoder(MODEL_FOLDER), Fbank()(samples).astype(np.float16)[None])
        assert np.abs(odds).max() < 16  # beyond that 1 - P(silence) is 0 in float32


def test_stacking_a_batch_is_what_the_feature_stream_does() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    cmvn = Cmvn.read(MODEL_FOLDER / "am.mvn")
    streamed = np.concatenate(list(FeatureStream(Fbank(), cmvn, lfr_m=5).stream([samples])))
    batch = stack_frames(torch.from_numpy(Fbank()(samples))[None], cmvn)[0]
    np.testing.assert_allclose(batch.numpy(), streamed, atol=1e-5)


def test_normalisation_survives_kaldi_text(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cmvn = Cmvn(*rng.normal(0, 10, (2, 400)).astype(np.float32))
    (tmp_path / "am.mvn").write_text(format_cmvn(cmvn), encoding="utf-8")
    read = Cmvn.read(tmp_path / "am.mvn")
    np.testing.assert_allclose(read.shift, cmvn.shift, rtol=1e-6)
    np.testing.assert_allclose(read.scale, cmvn.scale, rtol=1e-6)


def test_the_threshold_is_the_end_point_rules() -> None:
    speech = 1 / (1 + np.exp(-SPEECH_FROM))
    assert speech - (1 - speech) == pytest.approx(0.6)
