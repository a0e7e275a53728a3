"""The device that stands for a GPU in tests refuses what a GPU refuses, and computes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.other_device import other_device

DEVICE = other_device()


def test_it_computes_what_the_cpu_computes() -> None:
    layer, rows = nn.Linear(4, 3), torch.randn(5, 4)
    with torch.inference_mode():
        expected = layer(rows).softmax(dim=1)
        found = layer.to(DEVICE)(rows.to(DEVICE)).softmax(dim=1)
    assert found.device.type == DEVICE
    assert not found.is_cpu
    assert torch.equal(found.cpu(), expected)


def test_what_is_written_through_a_view_is_there() -> None:
    rows = torch.zeros(2, 3).to(DEVICE)
    rows[0].add_(torch.arange(3, device=DEVICE))
    assert rows.cpu().tolist() == [[0, 1, 2], [0, 0, 0]]


@pytest.mark.parametrize(
    "mixed",
    [
        lambda rows: rows + torch.ones(3),
        lambda rows: torch.ones(3) + rows,
        lambda rows: torch.cat((rows, torch.ones(3))),
        lambda rows: rows.add_(torch.ones(3)),
        lambda rows: rows.index_select(0, torch.tensor([0])),
    ],
)
def test_a_tensor_that_was_left_behind_is_an_error(mixed: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(RuntimeError, match="same device"):
        mixed(torch.ones(3).to(DEVICE))


def test_its_memory_is_not_numpys() -> None:
    with pytest.raises((RuntimeError, TypeError)):
        torch.ones(3).to(DEVICE).numpy()
