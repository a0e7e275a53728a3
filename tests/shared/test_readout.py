"""How sure the network is of speech, from what its blocks hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from shared.features import Array
from shared.nets.vad.encoder import FsmnEncoder
from shared.nets.vad.network import FsmnNetwork
from shared.nets.vad.readout import odds_against, read_out
from shared.nets.vad.sizes import FsmnSizes

REAL = FsmnSizes(
    input_dim=400, input_affine_dim=140, fsmn_layers=4, linear_dim=250, proj_dim=128, lorder=20,
    rorder=0, lstride=1, rstride=0, output_affine_dim=140, output_dim=248,
)  # fmt: skip
SMALL: dict[str, Any] = {"input_dim": 6, "fsmn_layers": 2, "output_dim": 5}


def network(sizes: FsmnSizes, folder: Path, silence: list[int]) -> FsmnNetwork:
    torch.manual_seed(0)
    state = FsmnEncoder(sizes).state_dict()
    drawn = {f"encoder.{name}": torch.randn(tensor.shape) / 9 for name, tensor in state.items()}
    torch.save(drawn, folder / "model.pt")
    return FsmnNetwork(folder / "model.pt", sizes, silence, "cpu")


def features(sizes: FsmnSizes) -> Array:
    return np.random.default_rng(0).normal(size=(50, sizes.input_dim)).astype(np.float32)


def test_all_blocks_of_the_real_network_are_weighed(tmp_path: Path) -> None:
    readout, given = read_out(REAL), features(REAL)
    assert readout
    (found,) = network(REAL, tmp_path, [0]).odds([given])
    encoder = FsmnEncoder(REAL)
    state = torch.load(tmp_path / "model.pt")
    encoder.load_state_dict({k.removeprefix("encoder."): v for k, v in state.items()}, assign=True)
    with torch.inference_mode():
        blocks = list(encoder.blocks(torch.from_numpy(given), encoder.memory()))
    hidden = np.concatenate([block.numpy() for block in blocks], axis=1).astype(np.float64)
    expected = hidden @ readout.weights.astype(np.float64).ravel() + readout.bias
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("silence", [[0], [2, 0]])
def test_of_another_network_only_silence_counts(silence: list[int], tmp_path: Path) -> None:
    sizes = REAL.model_copy(update=SMALL)
    assert read_out(sizes) is None
    other, given = network(sizes, tmp_path, silence), features(sizes)
    (quiet,) = other.silence([given])
    np.testing.assert_allclose(next(other.odds([given])), np.log(1 / quiet - 1), atol=1e-3)


def test_a_network_that_is_quite_sure_gives_a_number() -> None:
    speech, silence = odds_against(np.array([0, 1], dtype=np.float32))
    assert np.isfinite([speech, silence]).all()
    assert speech > 0 > silence
