"""A network's products are replaced where the device can compute the others."""

from __future__ import annotations

import logging

import pytest
import torch
from torch import nn

from shared.nets.asr import bfloat16, int8
from shared.nets.asr.bfloat16 import Bfloat16Linear
from shared.nets.asr.int8 import Int8Linear
from shared.nets.asr.precision import lower
from shared.nets.asr.sanm import Linear
from tests.shared.products import linear


def network() -> nn.Sequential:
    return nn.Sequential(nn.Sequential(linear(8, 4, bias=True)))


def layer(given: nn.Sequential) -> nn.Module:
    inner = given[0]
    assert isinstance(inner, nn.Sequential)
    return inner[0]


def test_32_bits_are_what_the_network_has(caplog: pytest.LogCaptureFixture) -> None:
    given = network()
    lower(given, "float32", "cpu")
    assert isinstance(layer(given), Linear)
    assert not caplog.text


@pytest.mark.parametrize(
    ("precision", "kind", "missing"),
    [
        ("bfloat16", Bfloat16Linear, bfloat16.missing("cpu")),
        ("int8", Int8Linear, int8.missing("cpu")),
    ],
)
def test_every_product_is_replaced_by_one_that_is_near(
    precision: str, kind: type[nn.Module], missing: str | None
) -> None:
    if missing:
        pytest.skip(missing)
    given, rows = network(), torch.randn(3, 8)
    expected = given(rows)
    lower(given, precision, "cpu")
    assert isinstance(layer(given), kind)
    torch.testing.assert_close(given(rows), expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("precision", "functions", "said"),
    [
        ("bfloat16", ["_is_avx512_bf16_supported", "_is_amx_tile_supported"], "no instructions"),
        ("int8", ["_is_vnni_supported"], "no VNNI"),
    ],
)
def test_a_processor_without_the_instructions_keeps_32_bits(
    precision: str,
    functions: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for function in functions:
        monkeypatch.setattr(torch.cpu, function, lambda: False, raising=False)
    given = network()
    with caplog.at_level(logging.WARNING):
        lower(given, precision, "cpu")
    assert isinstance(layer(given), Linear)
    assert said in caplog.text


@pytest.mark.parametrize(
    ("precision", "said"),
    [("bfloat16", "older than bfloat16"), ("int8", "8-bit integers are for CPUs")],
)
def test_a_gpu_that_cannot_keeps_32_bits(
    precision: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (7, 5))
    given = network()
    with caplog.at_level(logging.WARNING):
        lower(given, precision, "cuda")
    assert isinstance(layer(given), Linear)
    assert said in caplog.text
