"""Imports torch as a worker that starts needs it: sooner, and while other threads go on.

Once it is imported here, ``import torch`` anywhere else finds it.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import threading
import types
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from shared.deferred import deferred

# A third of the time. Compilers and exporters use them: they say how each operation changes the
# shape of a tensor that has no values. torch imports them last, and itself uses nothing of them.
_FOR_COMPILERS = (
    "torch._meta_registrations",
    "torch.distributed._meta_registrations",
    "torch.export",
)
_LIBRARIES = ("libtorch_global_deps.so", "libtorch.so")  # in the order torch loads them


def import_torch() -> types.ModuleType:
    """Import torch, all that can be done beside it at the same time.

    What compiles or exports a network has to import ``torch._meta_registrations`` itself.
    """
    threading.Thread(target=_make_cuda_context, daemon=True).start()
    _map_libraries()
    with deferred(*_FOR_COMPILERS):
        return importlib.import_module("torch")


def _map_libraries() -> None:
    """Have the system load torch's libraries, a quarter of the time.

    Python holds its lock while it loads a module's libraries; a function of the C library's that is
    called from Python does not, and they are there already when torch is imported.
    """
    spec = find_spec("torch")
    if spec is None or spec.origin is None or os.name != "posix":
        return
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name in _LIBRARIES:
        library = Path(spec.origin).with_name("lib") / name
        load(bytes(library), os.RTLD_LAZY | os.RTLD_GLOBAL * (name == _LIBRARIES[0]))


def _make_cuda_context() -> None:
    """Make the first GPU's context, which torch then finds, where there is a driver."""
    with suppress(OSError, AttributeError):
        driver, context = ctypes.CDLL("libcuda.so.1"), ctypes.c_void_p()
        if driver.cuInit(0) == 0:
            driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
