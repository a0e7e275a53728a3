"""On a GPU the endpoint finds what it finds on a CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from services.diarization.handler import SERVICE
from services.diarization.tests.conftest import conversation
from shared.models.folder import locate
from shared.nets.speaker import CamPlus
from tools.workspace import TINY_MODELS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


def test_a_gpu_hears_the_same_voices() -> None:
    samples, _ = conversation(0, 2)
    folder = locate(SERVICE.spec.model("speaker").id, TINY_MODELS)
    found = []
    for device in ("cpu", "cuda"):
        net = CamPlus.load(folder, device)
        features = net.features(samples)
        found.append(
            net.embed(np.split(features[: len(features) // 150 * 150], len(features) // 150))
        )
    assert np.allclose(found[0], found[1], atol=1e-2 * np.abs(found[0]).max())
