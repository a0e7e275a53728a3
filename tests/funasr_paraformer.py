"""Unmodified funasr's Paraformer and CT-Transformer, to compare with, and random folders.

The weights are of chance, but tokens come at a plausible rate, and so do marks.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import yaml

from models.tiny.funasr import funasr_class
from shared.features import Array
from tests.funasr_sensevoice import CMVN, FRONT_END, WEIGHTS, unset, write_cmvn

ENCODER: dict[str, Any] = {
    "output_size": 512, "attention_heads": 4, "linear_units": 2048, "num_blocks": 50,
    "dropout_rate": 0.1, "positional_dropout_rate": 0.1, "attention_dropout_rate": 0.1,
    "input_layer": "pe", "pos_enc_class": "SinusoidalPositionEncoder", "normalize_before": True,
    "kernel_size": 11, "sanm_shfit": 0, "selfattention_layer_type": "sanm",
}  # fmt: skip
DECODER: dict[str, Any] = {
    "attention_heads": 4, "linear_units": 2048, "num_blocks": 16, "dropout_rate": 0.1,
    "positional_dropout_rate": 0.1, "self_attention_dropout_rate": 0.1,
    "src_attention_dropout_rate": 0.1, "att_layer_num": 16, "kernel_size": 11, "sanm_shfit": 0,
}  # fmt: skip
PREDICTOR: dict[str, Any] = {
    "idim": 512, "threshold": 1.0, "l_order": 1, "r_order": 1, "tail_threshold": 0.45,
    "smooth_factor2": 0.25, "noise_threshold2": 0.01, "upsample_times": 3, "use_cif1_cnn": False,
    "upsample_type": "cnn_blstm",
}  # fmt: skip
PARAFORMER: dict[str, Any] = {
    "model": "BiCifParaformer",
    "model_conf": {
        "ctc_weight": 0.0, "lsm_weight": 0.1, "length_normalized_loss": True,
        "predictor_weight": 1.0, "predictor_bias": 1, "sampling_ratio": 0.75,
    },
    "encoder": "SANMEncoder", "encoder_conf": ENCODER,
    "decoder": "ParaformerSANMDecoder", "decoder_conf": DECODER,
    "predictor": "CifPredictorV3", "predictor_conf": PREDICTOR,
    "frontend": "WavFrontend", "frontend_conf": FRONT_END,
    "tokenizer": "CharTokenizer",
    "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
}  # fmt: skip
SMALL_PARAFORMER: dict[str, Any] = {
    **PARAFORMER,
    "encoder_conf": {**ENCODER, "output_size": 32, "linear_units": 64, "num_blocks": 3},
    "decoder_conf": {**DECODER, "linear_units": 64, "num_blocks": 2, "att_layer_num": 2},
    "predictor_conf": {**PREDICTOR, "idim": 32},
}
PUNC_ENCODER: dict[str, Any] = {
    **ENCODER, "input_size": 256, "output_size": 256, "attention_heads": 8, "linear_units": 1024,
    "num_blocks": 4, "attention_dropout_rate": 0.0, "padding_idx": 0,
}  # fmt: skip
CT_PUNC: dict[str, Any] = {
    "model": "CTTransformer",
    "model_conf": {
        "ignore_id": 0, "embed_unit": 256, "att_unit": 256, "dropout_rate": 0.1,
        "punc_list": ["<unk>", "_", "，", "。", "？", "、"], "punc_weight": [1.0] * 6,
        "sentence_end_id": 3,
    },
    "encoder": "SANMEncoder", "encoder_conf": PUNC_ENCODER,
    "tokenizer": "CharTokenizer", "tokenizer_conf": {"unk_symbol": "<unk>"},
}  # fmt: skip
SMALL_CT_PUNC: dict[str, Any] = {
    **CT_PUNC,
    "model_conf": {**CT_PUNC["model_conf"], "embed_unit": 32, "att_unit": 32},
    "encoder_conf": {**PUNC_ENCODER, "input_size": 32, "output_size": 32, "linear_units": 64},
}
MARKS = [-9.0, 2.0, 0.5, 0.3, 0.0, 0.0]  # bias: a mark behind every other word, or so
VOCABULARY = "tokens.json"
NOISE = 300_007  # numbers of chance, of which all weights are made: 225 million would take seconds


class Reference(NamedTuple):
    """A network of FunASR's and what goes with it."""

    network: Any
    tokenizer: Any
    front_end: Any


def reference(folder: Path) -> Reference:
    """FunASR's classes with what is in a folder, the weights mapped into memory."""
    config = yaml.safe_load((folder / "config.yaml").read_text())
    vocabulary = folder / VOCABULARY
    network = reference_network(config, len(json.loads(vocabulary.read_text())))
    state = torch.load(folder / WEIGHTS, mmap=True, weights_only=True)
    network.load_state_dict(state, assign=True)
    tokenizer = funasr_class("funasr.tokenizer.char_tokenizer", "CharTokenizer")(
        token_list=str(vocabulary), **config["tokenizer_conf"]
    )
    front_end = None
    if "frontend_conf" in config:
        front_end = funasr_class("funasr.frontends.wav_frontend", "WavFrontend")(
            **{**config["frontend_conf"], "cmvn_file": str(folder / CMVN)}, dither=0.0
        )
    return Reference(network, tokenizer, front_end)


def reference_network(config: dict[str, Any], outputs: int) -> Any:
    """FunASR's network, its weights unset."""
    parts = ("encoder", "encoder_conf", "decoder", "decoder_conf", "predictor", "predictor_conf")
    arguments = {part: config[part] for part in parts if part in config}
    with warnings.catch_warnings(), unset():
        warnings.simplefilter("ignore")  # funasr's, of what it imports
        for module, name in (
            ("sanm.encoder", "SANMEncoder"),  # they register themselves
            ("paraformer.decoder", "ParaformerSANMDecoder"),
            ("bicif_paraformer.cif_predictor", "CifPredictorV3"),
        ):
            funasr_class(f"funasr.models.{module}", name)
        module = "bicif_paraformer" if "decoder" in config else "ct_transformer"
        network = funasr_class(f"funasr.models.{module}.model", config["model"])(
            input_size=560, vocab_size=outputs, **config["model_conf"], **arguments
        )
    return network.eval()


def reference_features(front_end: Any, samples: Array) -> Array:
    """What funasr's front end makes of samples, shape (frames, 560)."""
    batch = torch.from_numpy(samples)[None]
    features: Array = front_end(batch, torch.tensor([len(samples)]))[0][0].numpy()
    return features


def reference_transcript(model: Reference, samples: Array) -> dict[str, Any]:
    """What funasr's own ``inference`` makes of one utterance: ``text`` and ``timestamp``."""
    with torch.inference_mode():
        found = model.network.inference(
            [torch.from_numpy(samples)],
            key=["a"],
            tokenizer=model.tokenizer,
            frontend=model.front_end,
            device="cpu",
        )
    results: list[dict[str, Any]] = found[0] if found else []
    return results[0] if results else {"text": "", "timestamp": []}


def reference_logprobs(network: Any, features: Array) -> Array:
    """The log posteriors of one utterance's tokens, shape (tokens, outputs)."""
    with torch.inference_mode():
        batch, lengths = torch.from_numpy(features)[None], torch.tensor([len(features)])
        heard, lengths = network.encode(batch, lengths)
        tokens, count, _, _ = network.calc_predictor(heard, lengths)
        count = count.round().long()
        if not count:
            return np.empty((0, network.vocab_size), dtype=np.float32)
        scores: Array = network.cal_decoder_with_predictor(heard, lengths, tokens, count)[0]
    return np.asarray(scores[0])


def reference_text(model: Reference, text: str) -> str:
    """A text with the punctuation of funasr's own ``inference``."""
    with torch.inference_mode():
        results, _ = model.network.inference(
            [text], key=["a"], tokenizer=model.tokenizer, device="cpu"
        )
    punctuated: str = results[0]["text"]
    return punctuated


def write_random_model(folder: Path, config: dict[str, Any], vocabulary: Sequence[str]) -> None:
    """A folder in the hub's layout."""
    network = reference_network(config, len(vocabulary))
    numbers = np.random.default_rng(0)
    noise = torch.from_numpy(numbers.standard_normal(NOISE, dtype=np.float32))
    for name, tensor in network.state_dict().items():
        spread = tensor[0].numel() ** -0.5 if tensor.ndim > 1 else 0.03
        if "linear_q" in name or "linear_k" in name:
            spread *= 2  # attention that is not the same everywhere, so that the tokens are not
        mean = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        start, count = int(numbers.integers(NOISE)), tensor.numel()
        values = noise.repeat(2 + count // NOISE)[start : start + count]
        tensor.copy_(values.view(tensor.shape)).mul_(spread).add_(mean)
    if "decoder" in config:
        network.predictor.cif_output.bias.data.fill_(-1.0)  # a token in four frames, or so
        # Of the unknown token (the last) funasr drops the text and keeps the time.
        network.decoder.output_layer.bias.data[-1] = -99.0
    else:
        network.embed.weight.data.mul_(0.3 * network.embed.embedding_dim**0.5)
        network.decoder.bias.data.copy_(torch.tensor(MARKS))
    torch.save(network.state_dict(), folder / WEIGHTS)
    (folder / VOCABULARY).write_text(json.dumps(vocabulary))
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    metas = {
        "init_param": WEIGHTS, "config": "config.yaml",
        "tokenizer_conf": {"token_list": VOCABULARY}, "frontend_conf": {"cmvn_file": CMVN},
    }  # fmt: skip
    (folder / "configuration.json").write_text(json.dumps({"file_path_metas": metas}))
    if "frontend_conf" in config:
        write_cmvn(folder / CMVN)


def vocabulary(size: int) -> list[str]:
    """Marks, words and letters; characters fill it up."""
    words = ["<blank>", "<s>", "</s>", "hello", "world", *"abcdefgh"]
    return [*words, *(chr(0x4E00 + number) for number in range(size - len(words) - 1)), "<unk>"]


def babble(seconds: float, seed: int = 0) -> Array:
    """Chords that change eight times a second, in a little noise: no two frames are alike."""
    numbers = np.random.default_rng(seed)
    chords = []
    for _ in range(int(seconds * 8) + 1):
        pitches, levels = numbers.uniform(100, 6_000, 6), numbers.exponential(0.03, 6)
        waves = np.sin(2 * np.pi * pitches[:, None] * np.arange(2_000) / 16_000)
        chords.append(levels @ waves)
    samples = np.concatenate(chords)[: int(seconds * 16_000)]
    return np.asarray(samples + 0.001 * numbers.standard_normal(len(samples)), dtype=np.float32)
