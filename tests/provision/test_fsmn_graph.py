"""The graph computes what the encoder does, of whatever sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from provision.fsmn_graph import fsmn_graph
from shared.nets.vad.encoder import FsmnEncoder
from shared.nets.vad.readout import ReadOut
from shared.nets.vad.sizes import FsmnSizes

SMALL: dict[str, Any] = {
    "input_dim": 6, "input_affine_dim": 5, "fsmn_layers": 1, "linear_dim": 7, "proj_dim": 4,
    "lorder": 3, "rorder": 0, "lstride": 1, "rstride": 0, "output_affine_dim": 5, "output_dim": 9,
}  # fmt: skip


@pytest.mark.parametrize("silence", [[0], [2, 0, 5]])
@pytest.mark.parametrize(
    "other", [{}, {"fsmn_layers": 3}, {"lstride": 2}, {"lorder": 2, "proj_dim": 1}]
)
def test_it_computes_what_the_encoder_does(other: dict[str, int], silence: list[int]) -> None:
    sizes = FsmnSizes(**SMALL | other)
    torch.manual_seed(0)
    encoder = FsmnEncoder(sizes)
    state = {name: torch.randn(tensor.shape) for name, tensor in encoder.state_dict().items()}
    encoder.load_state_dict(state, assign=True)
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(sizes.fsmn_layers, sizes.linear_dim)).astype(np.float32)
    numbers = {name: tensor.numpy() for name, tensor in state.items()}
    graph = fsmn_graph(numbers, sizes, silence, ReadOut(weights, -1.5))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    memory = np.zeros((sizes.fsmn_layers, sizes.memory, sizes.proj_dim), np.float32)
    theirs = encoder.memory()
    for frames in (1, 2, 30):
        features = np.random.default_rng(frames).normal(size=(frames, 6)).astype(np.float32)
        with torch.inference_mode():
            blocks = list(encoder.blocks(torch.from_numpy(features), [*theirs]))
            expected = encoder(torch.from_numpy(features), theirs)[:, silence].sum(dim=1)
        odds = torch.stack(blocks).mul(torch.from_numpy(weights)[:, None]).sum(dim=(0, 2)) - 1.5
        found, read, memory = session.run(None, {"features": features, "memory": memory})
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(read, odds, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(memory, np.stack(theirs), rtol=1e-4, atol=1e-4)
