"""The weights as sherpa-onnx wants them: a graph that says how it is to be fed, and the tokens.

They are what its own ``scripts/sense-voice/export-onnx.py`` makes of the published weights: from
funasr's network with torch's exporter, in 32 bits, and in 8 by ONNX Runtime's quantisation. The
names are those that sherpa-onnx looks for.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentencepiece import SentencePieceProcessor
from torch import Tensor, nn

from bench.asr.peer import GRAPH, GRAPH_INT8, TOKENS
from shared.features import Cmvn
from shared.nets.asr.sensevoice import EMOTION, EVENT, LANGUAGES, WITH_ITN, WITHOUT_ITN
from shared.nets.asr.sensevoice.decoding import QUERIES
from tests.funasr_sensevoice import CMVN, FRONT_END, PIECES, load_reference

OPSET = 13


def export(model: Path, folder: Path) -> None:
    """Write a SenseVoice model in funasr's layout for sherpa-onnx.

    Args:
        model: the model's folder.
        folder: where ``GRAPH``, ``GRAPH_INT8`` and ``TOKENS`` are to be; made here.
    """
    folder.mkdir()
    vocabulary = SentencePieceProcessor(model_file=str(model / PIECES))
    tokens = [vocabulary.id_to_piece(number) for number in range(len(vocabulary))]
    lines = (f"{token} {number}\n" for number, token in enumerate(tokens))
    (folder / TOKENS).write_text("".join(lines), encoding="utf-8")
    _trace(load_reference(model), folder / GRAPH)
    graph = onnx.load(folder / GRAPH)
    onnx.helper.set_model_props(graph, _metadata(model, len(tokens)))
    onnx.save(graph, folder / GRAPH)
    # Signed weights give wrong results in the ONNX Runtime of sherpa-onnx, says its script.
    quantize_dynamic(
        folder / GRAPH,
        folder / GRAPH_INT8,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QUInt8,
    )


class _Network(nn.Module):
    """funasr's network with the inputs of sherpa-onnx."""

    def __init__(self, network: Any) -> None:  # noqa: ANN401 - funasr is untyped
        super().__init__()
        self._network = network

    def forward(self, x: Tensor, x_length: Tensor, language: Tensor, text_norm: Tensor) -> Tensor:
        """Scores of shape (utterances, queries + longest, outputs).

        Args:
            x: features, shape (utterances, longest, dim).
            x_length: frames of each utterance.
            language: number of each utterance's query, as ``text_norm``.
        """
        event, emotion = (torch.full_like(language, number) for number in (EVENT, EMOTION))
        queries = torch.stack((language, event, emotion, text_norm), dim=1)
        frames = torch.cat((self._network.embed(queries), x), dim=1)
        encoded, _ = self._network.encoder(frames, x_length + QUERIES)
        scores: Tensor = self._network.ctc.ctc_lo(encoded)
        return scores


def _trace(network: Any, path: Path) -> None:  # noqa: ANN401 - funasr is untyped
    width = network.embed.embedding_dim
    inputs = {
        "x": torch.randn(2, 100, width),
        "x_length": torch.tensor([80, 100], dtype=torch.int32),
        "language": torch.tensor([0, 3], dtype=torch.int32),
        "text_norm": torch.tensor([WITH_ITN, WITHOUT_ITN], dtype=torch.int32),
    }
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of the exporter, that there is another one now
        torch.onnx.export(
            _Network(network).eval(),
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=["logits"],
            dynamic_axes={
                **{name: {0: "N"} for name in inputs},
                **{name: {0: "N", 1: "T"} for name in ("x", "logits")},
            },
            opset_version=OPSET,
            dynamo=False,
        )


def _metadata(model: Path, outputs: int) -> dict[str, str]:
    cmvn = Cmvn.read(model / CMVN)
    values = {
        "model_type": "sense_voice_ctc",
        "version": 2,
        "comment": model.name,
        "vocab_size": outputs,
        "lfr_window_size": FRONT_END["lfr_m"],
        "lfr_window_shift": FRONT_END["lfr_n"],
        "normalize_samples": 0,  # they are wanted in the range of 16-bit integers
        "neg_mean": ",".join(map(str, cmvn.shift)),
        "inv_stddev": ",".join(map(str, cmvn.scale)),
        "with_itn": WITH_ITN,
        "without_itn": WITHOUT_ITN,
        **{f"lang_{language}": number for language, number in LANGUAGES.items()},
    }
    return {name: str(value) for name, value in values.items()}
