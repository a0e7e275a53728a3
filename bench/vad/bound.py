"""How near the network is to what the cores can compute, and what the rest of the way takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import torch
from torch import Tensor, nn

from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.setting import Setting
from services.vad.contract import VADRequest
from services.vad.detector import Detector
from shared.audio import Recording
from shared.decode import decode
from shared.models.lean import load_weights
from shared.nets.config import read_config
from shared.nets.vad import Config, FsmnVad
from shared.nets.vad.encoder import FsmnEncoder

RUNS = 5
BLOCK = 3000  # frames, as the decoder's blocks have
SIDE = 2048
ALL, NETWORK = "file to segments", "the network's share of it"
PRODUCTS, SQUARE = "its matrix products alone", "the same arithmetic on square matrices"


def measure(setting: Setting) -> Report:
    """On every core, in torch; the last row is as fast as these cores multiply matrices."""
    seconds = 60 if setting.quick else 600
    path = setting.audio(seconds)
    config = read_config(setting.model, Config)
    encoder = FsmnEncoder(config.encoder_conf)
    load_weights(encoder, setting.model.asset("init_param"), prefix="encoder.")
    frames = seconds * 100
    layers = [layer for layer in encoder.modules() if isinstance(layer, nn.Linear)]
    operations = 2 * frames * sum(layer.weight.numel() for layer in layers)
    vad = FsmnVad.load(setting.model, device="cpu")
    detector = Detector((), vad)

    def find() -> None:
        with path.open("rb") as file:
            detector.run(Recording(decode(file)), VADRequest(audio="-"))

    blocks = [torch.randn(BLOCK, config.encoder_conf.input_dim)] * (frames // BLOCK)
    square = torch.randn(SIDE, SIDE)
    candidates: dict[str, Callable[[], object]] = {
        ALL: find,
        NETWORK: partial(_network, encoder, blocks),
        PRODUCTS: partial(_products, layers, len(blocks)),
        SQUARE: partial(_squares, square, operations / (2 * SIDE**3)),
    }
    with torch.inference_mode():
        found = in_turns(
            {name: partial(_seconds, work) for name, work in candidates.items()},
            setting.runs or RUNS,
            discarded=1,
        )
    rows = [
        Row(length(seconds), name, values, "s", f"{operations / median(values) / 1e9:.0f} GFLOP/s")
        for name, values in found.items()
    ]
    remarks = [f"{operations / 1e9:.1f} GFLOP in the network's matrix products", *setting.remarks()]
    return Report("vad: how near it is to the cores' arithmetic", rows, remarks)


def _network(encoder: FsmnEncoder, blocks: list[Tensor]) -> None:
    memory = encoder.memory()
    for block in blocks:
        encoder(block, memory)


def _products(layers: list[nn.Linear], blocks: int) -> None:
    inputs = [torch.ones(BLOCK, layer.in_features) for layer in layers]
    for _ in range(blocks):
        for layer, given in zip(layers, inputs, strict=True):
            torch.mm(given, layer.weight.T)


def _squares(square: Tensor, times: float) -> None:
    """So many products of the matrix, the last of them of a part of its rows."""
    for _ in range(int(times)):
        torch.mm(square, square)
    torch.mm(square[: round(SIDE * (times % 1))], square)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
