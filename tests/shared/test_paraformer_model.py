"""Words, times and posteriors are unmodified funasr's, and a folder of another model is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from shared.errors import ModelError, ModelUnusable
from shared.features import Array
from shared.models.folder import ModelFolder
from shared.models.lean import funasr_class
from shared.nets.asr import Recognizer, Token, Transcript
from shared.nets.asr.paraformer import Paraformer
from shared.nets.asr.paraformer.cif import times
from shared.nets.asr.paraformer.spelling import spell
from tests.funasr_paraformer import (
    DECODER,
    ENCODER,
    PARAFORMER,
    PREDICTOR,
    SMALL_PARAFORMER,
    VOCABULARY,
    Reference,
    babble,
    reference,
    reference_features,
    reference_logprobs,
    reference_transcript,
    write_random_model,
)
from tests.funasr_sensevoice import CMVN, WEIGHTS

MODEL = "iic/speech_paraformer-large-vad-punc_asr_nat-zh-cn-16k-common-vocab8404-pytorch"
SECONDS = (3.0, 0.5, 5.2, 8.0, 1.01, 0.1)


def vocabulary(size: int) -> list[str]:
    """The marks, words, letters and characters of a checkpoint's; characters fill it up."""
    words = ["<blank>", "<s>", "</s>", "hello", "world", *"abcdefgh"]
    return [*words, *(chr(0x4E00 + number) for number in range(size - len(words) - 1)), "<unk>"]


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


def test_times_are_funasrs() -> None:
    numbers = np.random.default_rng(0)
    original = funasr_class("funasr.utils.timestamp_tools", "ts_prediction_lfr6_standard")
    peaks = funasr_class("funasr.utils.timestamp_tools", "cif_wo_hidden")
    for _ in range(200):
        count, steps = int(numbers.integers(1, 20)), 3 * int(numbers.integers(20, 80))
        onsets = (numbers.random(steps) ** numbers.integers(1, 30)).astype(np.float32)
        weights = torch.from_numpy(onsets) * ((count + 1) / torch.from_numpy(onsets).sum())
        fires = peaks(weights[None], 1.0 - 1e-4)[0]
        if int((fires >= 1.0 - 1e-4).sum()) < count + 1:
            continue  # funasr finds too few onsets, and fails
        _, theirs = original(weights, fires, ["字"] * count)
        assert times(onsets, count) == [(max(0, s), max(0, e)) for s, e in theirs]


@pytest.mark.parametrize("onsets", [np.zeros(9, np.float32), np.eye(1, 9, 4, dtype=np.float32)[0]])
def test_tokens_without_onsets_have_times_within_the_utterance(onsets: Array) -> None:
    spans = times(onsets, 4)
    assert len(spans) == 4
    assert all(0 <= start <= end <= 180 for start, end in spans)
    assert all(one[0] <= two[0] for one, two in pairwise(spans))


def pieces(texts: Sequence[str]) -> list[Token]:
    return [
        Token(text, 100 * number, 100 * number + 90, -0.01 * number)
        for number, text in enumerate(texts)
    ]


def random_text(numbers: np.random.Generator, words: Sequence[Sequence[str]]) -> list[str]:
    picked = numbers.integers(len(words), size=numbers.integers(1, 12))
    return [piece for word in picked for piece in words[word]]


def test_words_are_spelled_as_funasr_spells_them() -> None:
    original = funasr_class("funasr.utils.postprocess_utils", "sentence_postprocess")
    numbers = np.random.default_rng(0)
    words = (["你"], ["好"], ["hel@@", "lo"], ["wor@@", "l@@", "d"], ["ok"], ["n"], ["b"], ["a"])
    for choice in (words, words[:2], words[4:], words[2:]):
        for _ in range(100):
            texts = random_text(numbers, choice)
            spelled = list(spell(pieces(texts)))
            assert "".join(word.text for word in spelled).strip() == original(texts)[0]
            spans = [[token.start_ms, token.end_ms] for token in pieces(texts)]
            _, theirs, _ = original(texts, spans)
            assert [[word.start_ms, word.end_ms] for word in spelled] == theirs


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["你", "hel@@"], ["你", "hel"]),
        (["hel@@", "你", "lo"], [" hel", "你", "lo"]),
        (["你", "<unk>", "好"], ["你", "好"]),
        (["<unk>"], []),
        ([], []),
    ],
)
def test_half_words_are_kept_and_the_unknown_is_not(texts: list[str], words: list[str]) -> None:
    assert [word.text for word in spell(pieces(texts))] == words


def test_a_word_is_as_sure_as_its_least_sure_piece() -> None:
    (word,) = spell(pieces(["hel@@", "lo"]))
    assert word == Token(" hello", 0, 190, -0.01)


def rewrite(folder: ModelFolder, change: dict[str, Any]) -> None:
    path = folder.path / "config.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model": "Paraformer"}, "BiCifParaformer"),
        ({"model": "SenseVoiceSmall"}, "BiCifParaformer"),
        ({"encoder": "ConformerEncoder"}, "SANMEncoder"),
        ({"encoder_conf": {"output_size": 31}}, "attention_heads"),
        ({"encoder_conf": ENCODER}, "idim"),
        ({"encoder_conf": {**SMALL_PARAFORMER["encoder_conf"], "num_blocks": 4}}, "Missing"),
        ({"decoder_conf": {**DECODER, "num_blocks": 17}}, "attention"),
        ({"decoder_conf": {**DECODER, "linear_units": 128}}, "Missing"),
        ({"predictor_conf": {**PREDICTOR, "upsample_type": "cnn"}}, "cnn_blstm"),
        ({"predictor_conf": {**PREDICTOR, "upsample_times": 5}}, "upsample_times"),
        ({"predictor_conf": {**PREDICTOR, "threshold": 0.9}}, "threshold"),
        ({"predictor": "CifPredictorV2"}, "CifPredictorV3"),
        ({"frontend_conf": {"lfr_n": 1}}, "lfr_n"),
        ({"frontend_conf": {"n_mels": 40}}, "280"),
        ({"tokenizer": "SentencepiecesTokenizer"}, "CharTokenizer"),
    ],
)
def test_a_configuration_of_another_model_is_named(
    folder: ModelFolder, change: dict[str, Any], named: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(ModelUnusable) as caught:
        Paraformer.load(folder)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(folder.path) not in str(caught.value)


@pytest.mark.parametrize("text", ["{}", "[", '["字", 1]', '["one too few"]', "\xff"])
def test_a_vocabulary_that_does_not_fit_is_refused(folder: ModelFolder, text: str) -> None:
    (folder.path / VOCABULARY).write_bytes(text.encode("latin-1", "replace"))
    with pytest.raises(ModelUnusable):
        Paraformer.load(folder)


@pytest.mark.parametrize("name", ["config.yaml", VOCABULARY, WEIGHTS, CMVN])
def test_without_a_file_there_is_no_model(folder: ModelFolder, name: str) -> None:
    (folder.path / name).unlink()
    with pytest.raises(ModelError):
        Paraformer.load(folder)


def test_files_have_the_names_that_the_configuration_gives_them(folder: ModelFolder) -> None:
    path = folder.path / "configuration.json"
    metas = json.loads(path.read_text())["file_path_metas"]
    (folder.path / VOCABULARY).rename(folder.path / "words.json")
    path.write_text(
        json.dumps({"file_path_metas": {**metas, "tokenizer_conf": {"token_list": "words.json"}}})
    )
    assert Paraformer.load(folder).transcribe([random_features(30)])[0].tokens


@pytest.mark.parametrize("damage", ["missing", "reshaped", "left over"])
def test_a_checkpoint_with_a_tensor_amiss_is_refused(folder: ModelFolder, damage: str) -> None:
    state = torch.load(folder.path / WEIGHTS, weights_only=True)
    name = "predictor.blstm.weight_hh_l0_reverse"
    tensor = state.pop(name)
    if damage == "reshaped":
        state[name] = tensor[:-1]
    elif damage == "left over":
        state.update({name: tensor, "another": tensor})
    torch.save(state, folder.path / WEIGHTS)
    with pytest.raises(ModelUnusable, match=WEIGHTS):
        Paraformer.load(folder)


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
