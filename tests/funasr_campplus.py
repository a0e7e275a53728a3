"""Unmodified funasr's CAM++, to compare with, and a folder of random weights at its full size."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from models.tiny.funasr import funasr_class
from shared.features import Array

FULL_SIZE = {
    "feat_dim": 80,
    "embedding_size": 192,
    "growth_rate": 32,
    "bn_size": 4,
    "init_channels": 128,
    "config_str": "batchnorm-relu",
    "memory_efficient": True,
    "output_level": "segment",
}
WEIGHTS = "campplus_cn_common.bin"


def reference_network(conf: dict[str, Any], checkpoint: Path | None = None) -> Any:
    """FunASR's network with the weights of a checkpoint, or of chance."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # funasr's, of what it imports
        network = funasr_class("funasr.models.campplus.model", "CAMPPlus")(**conf)
    if checkpoint:
        network.load_state_dict(torch.load(checkpoint, weights_only=True))
    return network.eval()


def reference_embedding(network: Any, samples: Array) -> Array:
    """What funasr's own ``inference`` makes of one window of samples."""
    with torch.inference_mode():
        results, _ = network.inference([torch.from_numpy(samples)], device="cpu")
    embedding: Array = results[0]["spk_embedding"][0].numpy()
    return embedding


def write_random_model(folder: Path) -> None:
    """A folder in the hub's layout; its normalisations are as uneven as trained ones."""
    torch.manual_seed(0)
    network = reference_network(FULL_SIZE)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_mean"):
            tensor.normal_(0.0, 0.3)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2.0)
        elif tensor.ndim == 1 and name.endswith("weight"):
            tensor.normal_(1.0, 0.5)  # now and then negative, which a trained one may be too
    torch.save(network.state_dict(), folder / WEIGHTS)
    (folder / "config.yaml").write_text(
        yaml.safe_dump({"model": "CAMPPlus", "model_conf": FULL_SIZE})
    )
    metas = {"init_param": WEIGHTS, "config": "config.yaml"}
    (folder / "configuration.json").write_text(json.dumps({"file_path_metas": metas}))


def voice_like(seconds: float, seed: int = 0) -> Array:
    """A buzz that wanders in pitch, in a little noise."""
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * 16_000)) / 16_000
    phase = 2 * np.pi * np.cumsum(140 + 30 * np.sin(3 * times)) / 16_000
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20)) * (1 + np.sin(25 * times))
    samples: Array = (0.05 * buzz + 0.01 * rng.standard_normal(times.size)).astype(np.float32)
    return samples
