"""Products of eight bits are nearly those of 32, and no row knows of the others."""

from __future__ import annotations

import pytest
import torch

from shared.nets.asr.int8 import Int8Linear
from tests.shared.products import linear

pytestmark = pytest.mark.skipif(
    not torch.cpu._is_vnni_supported(), reason="this processor has no VNNI"
)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("count", [1, 15, 16, 300])
def test_a_row_loses_about_one_per_cent(count: int, *, bias: bool) -> None:
    exact = linear(64, 48, bias=bias)
    loudness = torch.logspace(-3, 3, count)[:, None]
    rows = torch.randn(count, 64) * loudness
    ours, expected = Int8Linear(exact)(rows), exact(rows)
    product = expected - exact.bias if bias else expected
    assert ours.shape == expected.shape
    assert ((ours - expected).norm(dim=1) / product.norm(dim=1)).max() < 0.03


def test_what_becomes_of_a_row_does_not_depend_on_the_others() -> None:
    small = Int8Linear(linear(64, 48, bias=True))
    rows = torch.randn(40, 64)
    together = small(torch.cat((rows, 1e6 * rows)))[:40]
    assert torch.equal(together, torch.cat([small(row[None]) for row in rows]))


def test_a_row_of_zeros_becomes_the_bias() -> None:
    exact = linear(64, 48, bias=True)
    zeros = torch.zeros(2, 64)
    assert torch.equal(Int8Linear(exact)(zeros), exact(zeros))
