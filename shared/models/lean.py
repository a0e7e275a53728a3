"""Loads a network's weights as they are, where they are."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import ModelUnusable
from shared.models.torch_import import import_torch

if TYPE_CHECKING:
    from torch import nn


def load_weights(network: nn.Module, checkpoint: Path, prefix: str = "") -> None:
    """Give a network exactly the tensors of a checkpoint, mapped into memory, not copied.

    funasr's own loader skips what does not fit and leaves such layers at random values; here every
    tensor must be there, in its shape, and none may be left over.

    Args:
        network: the network, on the CPU.
        checkpoint: a file written by ``torch.save``; no code in it is run.
        prefix: what the checkpoint's names have in front of the network's.

    Raises:
        ModelUnusable: the file is no checkpoint, or one of another network.
    """
    import torch

    try:
        state = torch.load(
            checkpoint, map_location="cpu", mmap=zipfile.is_zipfile(checkpoint), weights_only=True
        )
    except Exception:  # noqa: BLE001 - torch raises whatever its parsers raise
        raise ModelUnusable(f"{checkpoint.name} is not a checkpoint of plain tensors") from None
    for wrapper in ("state_dict", "model"):
        state = state.get(wrapper, state) if isinstance(state, dict) else {}
    tensors = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
    try:
        network.load_state_dict(tensors, strict=True, assign=True)
    except (RuntimeError, AttributeError, TypeError) as error:
        raise ModelUnusable(f"{checkpoint.name} holds another network's weights") from error


def pick_device() -> str:
    """``cuda`` where a GPU answers, else ``cpu`` with as many threads as the container may use."""
    torch = import_torch()
    if torch.cuda.is_available():
        return "cuda"
    torch.set_num_threads(available_cores())
    return "cpu"


def available_cores(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores of this container; torch counts the host's, and too many threads fight for few cores.

    Source: Linux control groups, version 2 (``cpu.max`` = "<quota> <period>" in microseconds, or
    "max ...") and version 1 (``cpu.cfs_quota_us``, -1 for none, and ``cpu.cfs_period_us``).
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    for files in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        try:
            quota, period = " ".join((cgroup / file).read_text() for file in files).split()
            if int(quota) > 0:
                return max(1, min(cores, int(quota) // int(period)))
        except (OSError, ValueError):
            continue
    return cores
