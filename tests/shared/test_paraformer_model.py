"""Words, times and posteriors are unmodified funasr's, whatever is recognised together."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.tiny.asr.scores import align
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.nets.asr import Recognizer, Transcript
from shared.nets.asr.paraformer import Paraformer
from tests.funasr_paraformer import (
    PARAFORMER,
    SMALL_PARAFORMER,
    Reference,
    babble,
    reference,
    reference_features,
    reference_logprobs,
    reference_transcript,
    vocabulary,
    write_random_model,
)
from tests.funasr_sensevoice import WEIGHTS
from tests.other_device import DEVICES

MODEL = "iic/speech_paraformer-large-vad-punc_asr_nat-zh-cn-16k-common-vocab8404-pytorch"
SECONDS = (3.0, 0.5, 5.2, 8.0, 1.01, 0.1)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small")
    write_random_model(path, SMALL_PARAFORMER, vocabulary(40))
    return path


@pytest.fixture(scope="module")
def recognizer(small: Path) -> Paraformer:
    return Paraformer.load(ModelFolder(MODEL, small, None))


@pytest.fixture(scope="module")
def original(small: Path) -> Reference:
    return reference(small)


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> ModelFolder:
    shutil.copytree(small, tmp_path / "model")
    return ModelFolder(MODEL, tmp_path / "model", None)


def random_features(frames: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((frames, 560), dtype=np.float32)


def assert_same(ours: Transcript, theirs: Transcript) -> None:
    assert [(t.text, t.start_ms, t.end_ms) for t in ours.tokens] == [
        (t.text, t.start_ms, t.end_ms) for t in theirs.tokens
    ]
    for our, their in zip(ours.tokens, theirs.tokens, strict=True):
        assert our.logprob == pytest.approx(their.logprob, abs=1e-3)


def assert_funasrs(ours: Transcript, theirs: dict[str, Any], logprobs: Array) -> None:
    """The words and times of funasr, and the posteriors of its best tokens."""
    assert [token.text.strip() for token in ours.tokens] == theirs["text"].split()
    spans = [(token.start_ms, token.end_ms) for token in ours.tokens]
    assert spans == [(max(0, start), max(0, end)) for start, end in theirs["timestamp"]]
    sure = logprobs.max(axis=1, initial=-np.inf)
    for token in ours.tokens:
        assert np.abs(sure - token.logprob).min() < 1e-3


def test_transcripts_are_funasrs_at_full_size(tmp_path: Path) -> None:
    write_random_model(tmp_path, PARAFORMER, vocabulary(8404))
    assert (tmp_path / WEIGHTS).stat().st_size == pytest.approx(901e6, rel=1e-3)
    original = reference(tmp_path)
    recognizer = Paraformer.load(ModelFolder(MODEL, tmp_path, None))
    samples = [babble(seconds, seed) for seed, seconds in enumerate((3.1, 0.7, 1.6))]
    features = [reference_features(original.front_end, part) for part in samples]
    for part, heard, transcript in zip(
        samples, features, recognizer.transcribe(features), strict=True
    ):
        assert transcript.tokens
        theirs = reference_transcript(original, part)
        assert_funasrs(transcript, theirs, reference_logprobs(original.network, heard))


def test_transcripts_are_funasrs_whatever_is_recognised_together(
    recognizer: Paraformer, original: Reference
) -> None:
    samples = [babble(seconds, seed) for seed, seconds in enumerate(SECONDS * 4)]
    features = [reference_features(original.front_end, part) for part in samples]
    together = recognizer.transcribe(features)
    words = 0
    for part, heard, transcript in zip(samples, features, together, strict=True):
        theirs = reference_transcript(original, part)
        words += len(transcript.tokens)
        assert_funasrs(transcript, theirs, reference_logprobs(original.network, heard))
        assert_same(recognizer.transcribe([heard])[0], transcript)
    assert words > 100


def test_posteriors_are_funasrs(recognizer: Paraformer, original: Reference) -> None:
    batch = [random_features(frames, frames) for frames in (1, 2, 3, 40, 170, 41)]
    for features, heard in zip(batch, recognizer._network.hear(batch), strict=True):
        theirs = reference_logprobs(original.network, features)
        assert len(heard.outputs) == len(heard.logprobs) == len(theirs)
        np.testing.assert_array_equal(heard.outputs, theirs.argmax(axis=1))
        best = theirs.max(axis=1, initial=-np.inf)
        np.testing.assert_allclose(heard.logprobs, best, atol=1e-3)


@pytest.mark.parametrize("device", DEVICES)
def test_another_device_hears_the_same(recognizer: Paraformer, small: Path, device: str) -> None:
    elsewhere = Paraformer.load(ModelFolder(MODEL, small, None), device)
    features = [recognizer.features(babble(seconds, seed)) for seed, seconds in enumerate(SECONDS)]
    pairs = zip(elsewhere.transcribe(features), recognizer.transcribe(features), strict=True)
    for theirs, ours in pairs:
        assert_same(theirs, ours)


@pytest.mark.parametrize(("precision", "others"), [("bfloat16", 0.12), ("int8", 0.3)])
def test_products_of_fewer_bits_give_mostly_the_same_tokens(
    recognizer: Paraformer, small: Path, precision: str, others: float
) -> None:
    """Weights drawn at random are seldom sure of a token, so this is the worst case."""
    lowered = Paraformer.load(ModelFolder(MODEL, small, None), precision=precision)
    features = [recognizer.features(babble(seconds, seed)) for seed, seconds in enumerate(SECONDS)]
    words = [
        [[token.text for token in transcript.tokens] for transcript in each.transcribe(features)]
        for each in (recognizer, lowered)
    ]
    errors = sum(align(*pair).errors for pair in zip(*words, strict=True))
    assert errors / sum(map(len, words[0])) < others


def test_features_are_funasrs(recognizer: Paraformer, original: Reference) -> None:
    samples = babble(3.3)
    theirs = reference_features(original.front_end, samples)
    np.testing.assert_allclose(recognizer.features(samples), theirs, atol=2e-3)


def test_it_is_a_recognizer(recognizer: Paraformer) -> None:
    same: Recognizer = recognizer
    assert same.languages == ("zh",)
    assert same.frames_at_once > 0
    (transcript,) = same.transcribe([recognizer.features(babble(2.0))], language="zh")
    assert (transcript.language, transcript.emotion, transcript.events) == (None, None, ())


def test_another_language_is_refused(recognizer: Paraformer) -> None:
    with pytest.raises(ValueError, match="fr"):
        recognizer.transcribe([random_features(20)], language="fr")


def test_nothing_is_heard_in_nothing(recognizer: Paraformer) -> None:
    assert recognizer.transcribe([]) == []
    assert recognizer.features(np.zeros(399, np.float32)).shape == (0, 560)
    assert recognizer.transcribe([random_features(0)]) == [Transcript()]


def test_short_and_empty_utterances_do_not_disturb_others(recognizer: Paraformer) -> None:
    batch = [random_features(frames, frames) for frames in (0, 1, 60, 2, 0, 3)]
    for features, transcript in zip(batch, recognizer.transcribe(batch), strict=True):
        assert_same(transcript, recognizer.transcribe([features])[0])


def test_an_utterance_without_a_token_has_no_text(folder: ModelFolder, original: Reference) -> None:
    state = torch.load(folder.path / WEIGHTS, weights_only=True)
    state["predictor.cif_output.bias"].fill_(-20.0)
    torch.save(state, folder.path / WEIGHTS)
    recognizer = Paraformer.load(folder)
    assert recognizer.transcribe([random_features(50), random_features(9)]) == [Transcript()] * 2


def test_more_than_a_part_is_recognised_part_by_part(recognizer: Paraformer) -> None:
    batch = [random_features(100, seed) for seed in range(25)]
    assert sum(map(len, batch)) > 2 * recognizer.frames_at_once
    for features, transcript in zip(batch, recognizer.transcribe(batch), strict=True):
        assert_same(transcript, recognizer.transcribe([features])[0])


def test_threads_do_not_disturb_each_other(recognizer: Paraformer) -> None:
    batches = [[random_features(60 + 9 * number, number)] for number in range(8)]
    alone = [recognizer.transcribe(batch)[0] for batch in batches]
    found: dict[int, Transcript] = {}

    def recognise(numbers: Sequence[int]) -> None:
        for number in numbers:
            found[number] = recognizer.transcribe(batches[number])[0]

    threads = [threading.Thread(target=recognise, args=(range(n, 8, 2),)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, transcript in enumerate(alone):
        assert_same(found[number], transcript)


def test_funasr_is_not_needed_and_nothing_heavy_before_a_model_is_loaded(small: Path) -> None:
    script = (
        "import sys; from shared.nets.asr.paraformer import Paraformer; before = set(sys.modules)\n"
        "from pathlib import Path; from shared.models.folder import ModelFolder\n"
        "Paraformer.load(ModelFolder('a/b', Path(sys.argv[1]), None))\n"
        "print('torch' in before, 'torch' in sys.modules, 'funasr' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, small], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]
