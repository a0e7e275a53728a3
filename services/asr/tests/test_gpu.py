"""On another device the endpoint hears what it hears on a CPU."""

from __future__ import annotations

import pytest
import torch

from models.tiny.asr.scores import align
from services.asr.handler import SERVICE
from services.asr.networks import load_network
from services.asr.tests.conftest import commands
from shared.models.verified import verified_all
from tests.other_device import DEVICES
from tools.workspace import TINY_MODELS


@pytest.mark.parametrize(("precision", "others"), [("float32", 0.0), ("bfloat16", 0.05)])
@pytest.mark.parametrize("device", DEVICES)
def test_words_are_the_same(
    device: str, precision: str, others: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELS_DIR", str(TINY_MODELS))
    folders = {role: folder for role, (folder, _) in verified_all(SERVICE.spec).items()}
    on_cpu = load_network(folders, "cpu")
    monkeypatch.setenv("ASR_PRECISION", precision)
    if device != "cuda":
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (8, 0))
    elsewhere = load_network(folders, device)
    batch = [on_cpu.features(said.samples) for said in commands(20)]
    expected, found = (
        [[token.text for token in transcript.tokens] for transcript in model.transcribe(batch)]
        for model in (on_cpu, elsewhere)
    )
    errors = sum(align(*pair).errors for pair in zip(expected, found, strict=True))
    total = sum(map(len, expected))
    assert total > 60
    assert errors / total <= others
