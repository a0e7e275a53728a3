"""The SAN-M encoder computes what funasr's encoders do, under the same names."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from models.tiny.funasr import funasr_class
from shared.nets.asr.sanm import SanmEncoder
from shared.nets.asr.sizes import EncoderSizes

SENSEVOICE = ("funasr.models.sense_voice.model", "SenseVoiceEncoderSmall")
PARAFORMER = ("funasr.models.sanm.encoder", "SANMEncoder")
FRAMES = (9, 1, 30, 30, 5)


def pair(source: tuple[str, str], sizes: EncoderSizes) -> tuple[SanmEncoder, Any]:
    """Our encoder and funasr's with the same weights of chance."""
    torch.manual_seed(0)
    top = {"tp_blocks": sizes.top_blocks} if source == SENSEVOICE else {}
    reference = funasr_class(*source)(
        input_size=sizes.inputs, output_size=sizes.width, attention_heads=sizes.heads,
        linear_units=sizes.hidden, num_blocks=sizes.blocks, input_layer="pe",
        kernel_size=sizes.kernel, sanm_shfit=sizes.shift, **top,
    ).eval()  # fmt: skip
    ours = SanmEncoder(sizes)
    ours.load_state_dict(reference.state_dict(), strict=True, assign=True)
    return ours, reference


def utterances(inputs: int) -> list[Tensor]:
    return [torch.randn(frames, inputs) for frames in FRAMES]


@pytest.mark.parametrize("shift", [0, 3, 5])
@pytest.mark.parametrize("inputs", [24, 32])
@pytest.mark.parametrize(
    ("source", "top_blocks", "epsilon"), [(SENSEVOICE, 2, 1e-5), (PARAFORMER, 0, 1e-12)]
)
def test_utterances_together_are_encoded_as_funasr_does_each(
    source: tuple[str, str], top_blocks: int, epsilon: float, inputs: int, shift: int
) -> None:
    sizes = EncoderSizes(inputs, 32, 4, 64, 3, top_blocks, 11, shift, epsilon)
    ours, reference = pair(source, sizes)
    frames = utterances(inputs)
    with torch.inference_mode():
        encoded = ours(frames).split(FRAMES)
        for part, utterance in zip(encoded, frames, strict=True):
            expected = reference(utterance[None].clone(), torch.tensor([len(utterance)]))[0][0]
            torch.testing.assert_close(part, expected, atol=1e-5, rtol=1e-4)


def test_the_frames_are_left_as_they_were() -> None:
    ours, _ = pair(SENSEVOICE, EncoderSizes(32, 32, 4, 64, 2, 1, 11, 0, 1e-5))
    frames = utterances(32)
    before = [part.clone() for part in frames]
    with torch.inference_mode():
        ours(frames)
    assert all(torch.equal(*parts) for parts in zip(frames, before, strict=True))
