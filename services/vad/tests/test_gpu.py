"""On a GPU the endpoint finds what it finds on a CPU."""

from __future__ import annotations

import pytest
import torch

from services.vad.handler import SERVICE
from shared.audio import Recording
from shared.features import Array
from shared.models.folder import locate
from shared.nets.vad import FsmnVad, find_segments
from tools.workspace import TINY_MODELS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


def test_a_gpu_finds_the_same_segments(conversation: Array) -> None:
    folder = locate(SERVICE.spec.model("vad").id, TINY_MODELS)
    found = []
    for device in ("cpu", "cuda"):
        vad = FsmnVad.load(folder, device)
        silence = vad.silence(Recording([conversation]))
        found.append(find_segments(vad.rules.is_speech(silence), vad.rules))
    assert found[0] == found[1]
