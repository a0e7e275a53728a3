"""On a GPU the endpoint hears what it hears on a CPU."""

from __future__ import annotations

import pytest
import torch

from services.asr.handler import SERVICE
from services.asr.networks import load_network
from services.asr.tests.conftest import commands
from shared.models.verified import verified_all
from tools.workspace import TINY_MODELS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpu_hears_the_same_words(monkeypatch: pytest.MonkeyPatch, precision: str) -> None:
    monkeypatch.setenv("ASR_PRECISION", precision)
    monkeypatch.setenv("MODELS_DIR", str(TINY_MODELS))
    texts = []
    folders = {role: folder for role, (folder, _) in verified_all(SERVICE.spec).items()}
    for device in ("cpu", "cuda"):
        model = load_network(folders, device)
        batch = [model.features(said.samples) for said in commands(10)]
        texts.append([transcript.text for transcript in model.transcribe(batch)])
    assert texts[0] == texts[1]
