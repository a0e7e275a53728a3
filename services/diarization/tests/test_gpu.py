"""On another device the endpoint hears what it hears on a CPU."""

from __future__ import annotations

import numpy as np
import pytest

from services.diarization.handler import SERVICE
from services.diarization.tests.conftest import conversation
from shared.models.folder import locate
from shared.nets.speaker import CamPlus
from tests.other_device import DEVICES
from tools.workspace import TINY_MODELS


@pytest.mark.parametrize("device", DEVICES)
def test_voices_are_the_same(device: str) -> None:
    samples, _ = conversation(0, 2)
    folder = locate(SERVICE.spec.model("speaker").id, TINY_MODELS)
    found = []
    for name in ("cpu", device):
        net = CamPlus.load(folder, name)
        features = net.features(samples)
        found.append(
            net.embed(np.split(features[: len(features) // 150 * 150], len(features) // 150))
        )
    assert np.allclose(found[0], found[1], atol=1e-2 * np.abs(found[0]).max())
