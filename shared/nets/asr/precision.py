"""What a recogniser's products are computed with. It imports torch: imported with a network."""

from __future__ import annotations

import logging
from collections.abc import Callable

from torch import nn

from shared.nets.asr import bfloat16, int8
from shared.nets.asr.sanm import Linear

logger = logging.getLogger("speech")


def lower(network: nn.Module, precision: str, device: str) -> None:
    """Put other products in the place of a network's, if the device can compute them.

    Args:
        network: with its weights, still on the CPU.
        precision: ``float32``, which changes nothing, ``bfloat16`` or ``int8``.
        device: the torch device that the network is for, ``cpu`` or ``cuda``.
    """
    if precision == "float32":
        return
    missing: Callable[[str], str | None]
    make: Callable[[Linear], nn.Module]
    missing, make = {
        "bfloat16": (bfloat16.missing, bfloat16.Bfloat16Linear),
        "int8": (int8.missing, int8.Int8Linear),
    }[precision]
    if reason := missing(device):
        logger.warning("%s: the model stays in 32 bits", reason)
        return
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, Linear):
                setattr(module, name, make(child))
