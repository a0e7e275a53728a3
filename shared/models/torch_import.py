"""Imports torch as a worker that starts needs it; ``import torch`` anywhere else then finds it."""

from __future__ import annotations

import ctypes
import importlib
import threading
import types
from contextlib import suppress

from shared.deferred import deferred

# A third of the time, for how each operation changes the shape of a tensor without values. torch
# imports them last, in this order, and uses nothing of them itself.
FOR_COMPILERS = (
    "torch.export",
    "torch.distributed._meta_registrations",
    "torch._meta_registrations",
)
COMPILERS = ("torch._dynamo",)


def import_torch() -> types.ModuleType:
    """Import torch, and make the GPU's context meanwhile."""
    threading.Thread(target=_make_context, name="GPU", daemon=True).start()
    with deferred(*FOR_COMPILERS, needed_by=COMPILERS):
        return importlib.import_module("torch")


def _make_context() -> None:
    """Make the context of the first GPU, where there is one, which torch will use.

    Python's lock is free while the driver is at it, so this takes no time from the import.
    """
    device, context = ctypes.c_int(), ctypes.c_void_p()
    with suppress(OSError, AttributeError):
        driver = ctypes.CDLL("libcuda.so.1")
        if driver.cuInit(0) == driver.cuDeviceGet(ctypes.byref(device), 0) == 0:
            driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)
