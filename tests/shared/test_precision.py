"""A network's products are replaced where the device can compute the others."""

from __future__ import annotations

import logging

import pytest
import torch
from torch import nn

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


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_every_product_is_replaced_by_one_that_is_near(precision: str) -> None:
    given, rows = network(), torch.randn(3, 8)
    expected = given(rows)
    lower(given, precision, "cpu")
    if isinstance(layer(given), Linear):
        pytest.skip(f"this processor has no products in {precision}")
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


def test_a_gpu_keeps_32_bits_where_eight_are_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    given = network()
    with caplog.at_level(logging.WARNING):
        lower(given, "int8", "cuda")
    assert isinstance(layer(given), Linear)
    assert "8-bit integers are for CPUs" in caplog.text
