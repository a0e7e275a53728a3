"""A device that is not the CPU, and refuses what a GPU refuses; it computes on the CPU.

What is computed on it must all lie on it, and leaves it only when it is told to. So a test on any
machine finds a tensor that was left behind, unless it is a single number, which a GPU mostly takes;
and it does not find what a GPU's own arithmetic does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "other"
_LIBRARY: Callable[..., Any] = torch.library.Library  # untyped
_ALL, _ATEN = _LIBRARY("_", "IMPL"), _LIBRARY("aten", "IMPL")
_COPIES = {torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default}


@cache
def other_device() -> str:
    """The device's name, for torch."""
    _setup_privateuseone_for_python_backend(NAME)
    _ALL.fallback(_compute, "PrivateUse1")
    _ATEN.impl("_copy_from", _copy, "PrivateUse1")
    return NAME


class _Elsewhere(Tensor):
    """A tensor on the device: one on the CPU that nobody else can see."""

    hidden: Tensor

    @staticmethod
    def __new__(cls: type[_Elsewhere], hidden: Tensor) -> _Elsewhere:
        with torch.inference_mode(mode=False):  # a view of a weight is no tensor of inference
            made: _Elsewhere = Tensor._make_wrapper_subclass(
                cls, hidden.shape, hidden.stride(), hidden.storage_offset(),
                dtype=hidden.dtype, device=torch.device(NAME, 0),
            )  # fmt: skip
        made.hidden = hidden
        return made

    @classmethod
    def __torch_dispatch__(  # type: ignore[override] # torch's own stub leaves the operator out
        cls, op: Any, _: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        made = op.decompose(*args, **(kwargs or {}))  # in inference mode torch has not done it yet
        return _compute(op, *args, **(kwargs or {})) if made is NotImplemented else made


def _copy(source: Tensor, target: Tensor, _: bool = False) -> Tensor:
    hidden = target.hidden if isinstance(target, _Elsewhere) else target
    hidden.copy_(source.hidden if isinstance(source, _Elsewhere) else source)
    return target


def _compute(op: Any, *args: Any, **kwargs: Any) -> Any:
    given: list[Tensor] = []

    def show(value: object) -> object:
        if isinstance(value, Tensor):
            given.append(value)
        if isinstance(value, torch.device):
            return torch.device("cpu")
        return value.hidden if isinstance(value, _Elsewhere) else value

    shown, named = tree_map(show, (args, kwargs))
    if op not in _COPIES and any(_left_behind(value) for value in given):
        raise RuntimeError(f"{op}: expected all tensors to be on the same device")
    made = op(*shown, **named)
    if op in _COPIES and _goes_to_the_cpu(args, kwargs):
        return made
    same = {id(value.hidden): value for value in given if isinstance(value, _Elsewhere)}
    return tree_map(lambda value: _hide(value, same), made)


def _left_behind(value: Tensor) -> bool:
    return not isinstance(value, _Elsewhere) and value.dim() > 0


def _goes_to_the_cpu(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    device = kwargs.get("device")
    return device.type == "cpu" if device else not isinstance(args[0], _Elsewhere)


def _hide(value: object, same: Mapping[int, Tensor]) -> object:
    return same.get(id(value), _Elsewhere(value)) if isinstance(value, Tensor) else value


def needs_cuda(test: Callable[..., None]) -> Callable[..., None]:
    """A test that is for a GPU alone."""
    for mark in _ON_A_GPU:
        test = mark(test)
    return test


_ON_A_GPU = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]
DEVICES = [other_device(), pytest.param("cuda", marks=_ON_A_GPU)]
