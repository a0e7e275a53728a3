"""What sherpa-onnx is measured with is the network that the others are measured with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from bench.asr.exported import export
from bench.asr.peer import GRAPH, GRAPH_INT8, TOKENS
from shared.features import Array
from tests.funasr_sensevoice import (
    SMALL,
    load_reference,
    pieces,
    reference_logprobs,
    write_random_model,
)

WORDS = ["▁yes", "▁no"]
LANGUAGES, TEXT_NORMS = (3, 0), (14, 15)


def features(frames: int) -> Array:
    return np.random.default_rng(frames).normal(size=(frames, 560)).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    write_random_model(folder, SMALL, WORDS)
    export(folder, folder / "exported")
    return folder


def logprobs(graph: Path, utterances: list[Array]) -> list[Array]:
    """Logarithms of the posteriors, of utterances that lie padded beside each other."""
    lengths = [len(utterance) for utterance in utterances]
    padded = np.zeros((len(lengths), max(lengths), 560), np.float32)
    for row, utterance in zip(padded, utterances, strict=True):
        row[: len(utterance)] = utterance
    numbers = {"x_length": lengths, "language": LANGUAGES, "text_norm": TEXT_NORMS}
    inputs = {name: np.array(values, np.int32) for name, values in numbers.items()}
    (scores,) = onnxruntime.InferenceSession(graph).run(["logits"], {"x": padded, **inputs})
    scores -= np.log(np.exp(scores).sum(axis=2, keepdims=True))
    return [found[: 4 + length] for found, length in zip(scores, lengths, strict=True)]


def reference(model: Path, utterances: list[Array]) -> list[Array]:
    network = load_reference(model)
    queries = [(language, 1, 2, norm) for language, norm in zip(LANGUAGES, TEXT_NORMS, strict=True)]
    pairs = zip(utterances, queries, strict=True)
    return [reference_logprobs(network, utterance, numbers) for utterance, numbers in pairs]


def test_its_posteriors_are_those_of_unmodified_funasr(model: Path) -> None:
    utterances = [features(17), features(143)]
    found = logprobs(model / "exported" / GRAPH, utterances)
    for ours, theirs in zip(found, reference(model, utterances), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_in_8_bits_they_are_nearly_so(model: Path) -> None:
    utterances = [features(17), features(143)]
    found = logprobs(model / "exported" / GRAPH_INT8, utterances)
    for ours, theirs in zip(found, reference(model, utterances), strict=True):
        assert 1e-4 < np.abs(ours - theirs).max() < 0.5


def test_every_output_has_its_token(model: Path) -> None:
    lines = (model / "exported" / TOKENS).read_text(encoding="utf-8").splitlines()
    expected = [f"{piece} {number}" for number, (piece, _) in enumerate(pieces(WORDS))]
    assert lines == expected
