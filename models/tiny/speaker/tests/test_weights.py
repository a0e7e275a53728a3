"""The bundled model folder: through our code, and through unmodified FunASR."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
import yaml

from models.tiny.sound.synthesis import speak
from models.tiny.speaker.dataset import place
from models.tiny.speaker.network import MODEL_FOLDER, build_narrow, build_wide, widen
from models.tiny.speaker.release import WEIGHTS
from models.tiny.speaker.scores import equal_error, pair_up
from models.tiny.speaker.voices import draw_speakers, draw_text
from shared.models.folder import locate
from shared.nets.speaker import CamPlus
from tests.funasr_campplus import reference_embedding, reference_network, voice_like

MODELS_DIR = MODEL_FOLDER.parents[1]
WINDOW = 148  # frames


@pytest.fixture(scope="module")
def embedder() -> CamPlus:
    return CamPlus.load(locate("iic/speech_campplus_sv_zh-cn_16k-common", MODELS_DIR))


def test_the_lock_names_the_files_as_they_are() -> None:
    folder = locate("iic/speech_campplus_sv_zh-cn_16k-common", MODELS_DIR)
    assert folder.revision == "tiny-1"
    folder.verify(hash_up_to=None)


def test_the_weights_are_small_enough_to_bundle() -> None:
    assert sum(path.stat().st_size for path in MODEL_FOLDER.iterdir()) < 4_000_000


def test_the_weights_can_be_mapped_into_memory_without_running_code() -> None:
    state = torch.load(MODEL_FOLDER / WEIGHTS, mmap=True, weights_only=True)
    assert {tensor.dtype for tensor in state.values()} <= {torch.float32, torch.int64}


def test_unmodified_funasr_computes_the_same(embedder: CamPlus) -> None:
    conf = yaml.safe_load((MODEL_FOLDER / "config.yaml").read_text())["model_conf"]
    reference = reference_network(conf, MODEL_FOLDER / WEIGHTS)
    for seed, seconds in enumerate((1.5, 0.6, 3.2)):
        samples = voice_like(seconds, seed)
        theirs = reference_embedding(reference, samples)
        (ours,) = embedder.embed([embedder.features(samples)])
        assert np.linalg.norm(ours - theirs) < 1e-4 * np.linalg.norm(theirs)


def test_widening_a_network_changes_nothing_it_computes() -> None:
    narrow, wide = build_narrow(), build_wide()
    windows = torch.randn(4, 80, WINDOW)
    narrow.train()(windows)  # moves the normalisations
    wide.load_state_dict(widen(narrow))
    with torch.inference_mode():
        torch.testing.assert_close(wide.eval()(windows), narrow.eval()(windows))


@pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("flite")), reason="no synthesisers"
)
def test_held_out_voices_are_told_apart(embedder: CamPlus) -> None:
    rng = np.random.default_rng(0)
    by_name = {person.voice.name: person for person in draw_speakers(rng, "heldout")}
    windows, speakers, recordings = [], [], []
    for number, person in enumerate(by_name.values()):
        for recording in range(3):
            language = person.languages[0]
            utterance = person.say(rng, draw_text(rng, "heldout", language), language)
            features = embedder.features(place(speak(utterance), rng))
            for first in range(0, min(3, len(features) // WINDOW) * WINDOW, WINDOW):
                windows.append(features[first : first + WINDOW])
                speakers.append(number)
                recordings.append(3 * number + recording)
    same, different = pair_up(embedder.embed(windows), np.array(speakers), np.array(recordings))
    assert equal_error(same, different) < 0.15
    assert np.median(same) > np.median(different) + 0.3
