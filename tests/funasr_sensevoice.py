"""Unmodified funasr's SenseVoiceSmall, to compare with, and folders of random weights."""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
import yaml

from models.tiny.funasr import funasr_class
from shared.features import Array

FULL_SIZE = {
    "output_size": 512, "attention_heads": 4, "linear_units": 2048, "num_blocks": 50,
    "tp_blocks": 20, "dropout_rate": 0.1, "positional_dropout_rate": 0.1,
    "attention_dropout_rate": 0.1, "input_layer": "pe",
    "pos_enc_class": "SinusoidalPositionEncoder", "normalize_before": True, "kernel_size": 11,
    "sanm_shfit": 0, "selfattention_layer_type": "sanm",
}  # fmt: skip
SMALL = {**FULL_SIZE, "output_size": 32, "linear_units": 64, "num_blocks": 3, "tp_blocks": 2}
FRONT_END = {
    "fs": 16_000, "window": "hamming", "n_mels": 80, "frame_length": 25, "frame_shift": 10,
    "lfr_m": 7, "lfr_n": 6, "cmvn_file": None,
}  # fmt: skip
OUTPUTS = 25_055  # of the published model
TAGS = ("zh", "en", "yue", "ja", "ko", "nospeech", "HAPPY", "SAD", "ANGRY", "NEUTRAL", "FEARFUL",
        "DISGUSTED", "SURPRISED", "EMO_UNKNOWN", "Speech", "BGM", "Applause", "Laughter", "Cry",
        "Sneeze", "Breath", "Cough", "Event_UNK", "withitn", "woitn")  # fmt: skip
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
WEIGHTS, CMVN, PIECES = "model.pt", "am.mvn", "spectok.bpe.model"


def pieces(words: Iterable[str]) -> list[tuple[str, int]]:
    """A vocabulary with every kind of piece, and how SentencePiece calls the kind."""
    return [
        ("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL),
        *((f"<0x{byte:02X}>", BYTE) for byte in range(256)),
        *((f"<|{tag}|>", USER_DEFINED) for tag in TAGS),
        ("▁", NORMAL),
        *((word, NORMAL) for word in words),
    ]  # fmt: skip


def sentencepiece_model(vocabulary: Iterable[tuple[str, int]]) -> bytes:
    """SentencePiece's file: ``ModelProto`` of its ``sentencepiece_model.proto``, by hand."""

    def field(number: int, content: bytes) -> bytes:
        assert len(content) < 128, "one byte of length"
        return bytes([number << 3 | 2, len(content)]) + content

    def piece(text: str, kind: int) -> bytes:
        return field(1, text.encode()) + b"\x15" + struct.pack("<f", 0.0) + bytes([3 << 3, kind])

    bpe_with_bytes = b"\x18\x02\x98\x02\x01"  # trainer_spec: model_type = 2, byte_fallback = 1
    return b"".join(field(1, piece(*entry)) for entry in vocabulary) + field(2, bpe_with_bytes)


def reference_network(encoder_conf: dict[str, Any], outputs: int) -> Any:
    """FunASR's network, its weights unset."""
    with warnings.catch_warnings(), unset():
        warnings.simplefilter("ignore")  # funasr's, of what it imports
        network = funasr_class("funasr.models.sense_voice.model", "SenseVoiceSmall")(
            encoder="SenseVoiceEncoderSmall",
            encoder_conf=encoder_conf,
            input_size=560,
            vocab_size=outputs,
        )
    return network.eval()


@contextmanager
def unset() -> Iterator[None]:
    """Modules that are made meanwhile draw no weights, which takes seconds at the full size."""
    names = [name for name in vars(torch.nn.init) if name.endswith("_") and name[0] != "_"]
    nothing: dict[str, Any] = dict.fromkeys(names, lambda tensor, *_, **__: tensor)
    with mock.patch.multiple(torch.nn.init, **nothing):
        yield


def reference_front_end(folder: Path) -> Any:
    """FunASR's front end without its noise."""
    front_end = funasr_class("funasr.frontends.wav_frontend", "WavFrontend")
    return front_end(**{**FRONT_END, "cmvn_file": str(folder / CMVN)}, dither=0.0)


def load_reference(folder: Path) -> Any:
    """FunASR's network with the weights in a folder, mapped into memory."""
    state = torch.load(folder / WEIGHTS, mmap=True, weights_only=True)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    network = reference_network(config["encoder_conf"], len(state["ctc.ctc_lo.bias"]))
    network.load_state_dict(state, assign=True)
    return network


def reference_text(
    network: Any, folder: Path, features: Array, language: str = "auto", use_itn: bool = True
) -> str:
    """What funasr's own ``inference`` writes, tags and all."""
    tokenizer = funasr_class("funasr.tokenizer.sentencepiece_tokenizer", "SentencepiecesTokenizer")
    with torch.inference_mode():
        results, _ = network.inference(
            torch.from_numpy(features)[None].clone(),
            torch.tensor([len(features)]),
            key=["a"],
            tokenizer=tokenizer(str(folder / PIECES)),
            device="cpu",
            data_type="fbank",
            language=language,
            use_itn=use_itn,
        )
    text: str = results[0]["text"]
    return text


def reference_logprobs(network: Any, features: Array, queries: Iterable[int]) -> Array:
    """Logarithms of the posteriors of the queries and frames of one utterance."""
    with torch.inference_mode():
        before = network.embed(torch.tensor([list(queries)]))
        frames = torch.cat((before, torch.from_numpy(features)[None]), dim=1)
        encoded, _ = network.encoder(frames, torch.tensor([frames.shape[1]]))
        logprobs: Array = network.ctc.log_softmax(encoded)[0].numpy()
    return logprobs


def reference_times(logprobs: Array, tokens: list[int]) -> list[tuple[int, int]]:
    """Where funasr dates tokens, in milliseconds, by the lines of its ``inference``.

    Args:
        logprobs: of the frames alone, shape (frames, outputs).
        tokens: which were said in them.
    """
    align = funasr_class("funasr.models.sense_voice.utils.ctc_alignment", "ctc_forced_align")
    scores = torch.from_numpy(logprobs.copy())
    scores[scores.argmax(-1) == 0, 0] = 0
    lengths = torch.tensor(len(scores)), torch.tensor([len(tokens)])
    path = align(scores[None], torch.tensor([tokens]), *lengths)[0].tolist()
    times, start = [], 0
    for token, frames in groupby(path):
        end = start + len(list(frames))
        if token:
            first, last = max(start * 60 - 30, 0), min(end * 60 - 30, len(path) * 60 - 30)
            times.append((first, last))
        start = end
    return times


def write_cmvn(path: Path) -> None:
    """A normalisation in Kaldi's text format."""
    numbers = np.random.default_rng(0)
    shift, scale = numbers.normal(-8, 1, 560), numbers.uniform(0.1, 0.3, 560)
    path.write_text(
        f"<Nnet>\n<AddShift> 560 560\n<LearnRateCoef> 0 [ {' '.join(map(str, shift))} ]\n"
        f"<Rescale> 560 560\n<LearnRateCoef> 0 [ {' '.join(map(str, scale))} ]\n</Nnet>\n"
    )


def write_random_model(
    folder: Path, sizes: dict[str, Any], words: Iterable[str], blank: float = 0.0
) -> None:
    """A folder in the hub's layout; its network never says bytes, which would spell no text.

    Args:
        folder: where it is written.
        sizes: of the encoder.
        words: pieces of the vocabulary beside the usual ones.
        blank: how much the blank is above the other outputs.
    """
    vocabulary = pieces(words)
    network = reference_network(sizes, len(vocabulary))
    generator = torch.Generator().manual_seed(0)
    for name, tensor in network.state_dict().items():
        spread = tensor[0].numel() ** -0.5 if tensor.ndim > 1 else 0.1
        mean = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        tensor.normal_(mean, spread, generator=generator)
    for number, (_, kind) in enumerate(vocabulary):
        network.ctc.ctc_lo.bias.data[number] -= 100.0 * (kind == BYTE)
    network.ctc.ctc_lo.bias.data[0] += blank
    torch.save(network.state_dict(), folder / WEIGHTS)
    (folder / PIECES).write_bytes(sentencepiece_model(vocabulary))
    write_cmvn(folder / CMVN)
    config = {
        "model": "SenseVoiceSmall", "model_conf": {"length_normalized_loss": True},
        "encoder": "SenseVoiceEncoderSmall", "encoder_conf": sizes,
        "frontend": "WavFrontend", "frontend_conf": FRONT_END,
        "tokenizer": "SentencepiecesTokenizer", "tokenizer_conf": {"bpemodel": None},
    }  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    metas = {
        "init_param": WEIGHTS, "config": "config.yaml",
        "tokenizer_conf": {"bpemodel": PIECES}, "frontend_conf": {"cmvn_file": CMVN},
    }  # fmt: skip
    hub = {"task": "auto-speech-recognition", "pipeline": {"type": "funasr-pipeline"}}
    (folder / "configuration.json").write_text(json.dumps({
        "framework": "pytorch", **hub, "model": {"type": "funasr"}, "file_path_metas": metas,
    }))  # fmt: skip
