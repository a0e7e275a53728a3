"""On another device the endpoint finds what it finds on a CPU."""

from __future__ import annotations

import numpy as np
import pytest

from services.vad.handler import SERVICE
from shared.audio import Recording
from shared.features import Array
from shared.models.folder import locate
from shared.nets.vad import FsmnVad, find_segments
from tests.other_device import DEVICES
from tools.workspace import TINY_MODELS


@pytest.mark.parametrize("device", DEVICES)
def test_the_same_segments_are_found(device: str, conversation: Array) -> None:
    folder = locate(SERVICE.spec.model("vad").id, TINY_MODELS)
    on_cpu, elsewhere = (FsmnVad.load(folder, name) for name in ("cpu", device))
    found = [
        find_segments(vad.rules.is_speech(vad.silence(Recording([conversation]))), vad.rules)
        for vad in (on_cpu, elsewhere)
    ]
    assert found[0] == found[1] != []


@pytest.mark.parametrize("device", DEVICES)
def test_the_odds_of_speech_are_the_same(device: str, conversation: Array) -> None:
    folder = locate(SERVICE.spec.model("vad").id, TINY_MODELS)
    on_cpu, elsewhere = (
        FsmnVad.load(folder, name).odds(Recording([conversation])) for name in ("cpu", device)
    )
    np.testing.assert_allclose(elsewhere, on_cpu, atol=1e-2)
