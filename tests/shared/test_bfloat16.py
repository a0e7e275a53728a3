"""Products of 16 bits are nearly those of 32, in their range too."""

from __future__ import annotations

import pytest
import torch

from shared.nets.asr.bfloat16 import Bfloat16Linear, missing
from tests.shared.products import linear

pytestmark = pytest.mark.skipif(bool(missing("cpu")), reason=str(missing("cpu")))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("count", [1, 15, 16, 300])
def test_a_row_loses_about_a_third_of_a_per_cent(count: int, *, bias: bool) -> None:
    exact = linear(64, 48, bias=bias)
    loudness = torch.logspace(-3, 3, count)[:, None]
    rows = torch.randn(count, 64) * loudness
    ours, expected = Bfloat16Linear(exact)(rows), exact(rows)
    product = expected - exact.bias if bias else expected
    assert ours.shape == expected.shape
    assert ours.dtype == torch.float32
    assert ((ours - expected).norm(dim=1) / product.norm(dim=1)).max() < 0.01


def test_large_values_stay_finite() -> None:
    exact = linear(64, 48, bias=True)
    rows = torch.full((2, 64), 1e30)
    assert Bfloat16Linear(exact)(rows).isfinite().all()


def test_what_becomes_of_a_row_does_not_depend_on_the_others() -> None:
    small = Bfloat16Linear(linear(64, 48, bias=True))
    rows = torch.randn(40, 64)
    together = small(torch.cat((rows, 1e6 * rows)))[:40]
    assert torch.equal(together, torch.cat([small(row[None]) for row in rows]))
