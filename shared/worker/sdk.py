"""Imports RunPod's SDK without what a worker has no use for."""

from __future__ import annotations

import importlib
import multiprocessing
import sys
import types
from pathlib import Path


def import_sdk() -> types.ModuleType:
    """RunPod's ``runpod.serverless``, unmodified.

    While it is imported its debugger asks py-cpuinfo for the processor's name, and py-cpuinfo
    measures the clock rate for a second to answer; its command line imports paramiko, a fifth of
    the whole, to make SSH keys. For the time of the import modules of these names stand in, of
    which one reads the answer from the system. Images have neither package.
    """
    absent = {name: module for name, module in _stand_ins().items() if not sys.modules.get(name)}
    sys.modules.update(absent)
    try:
        sdk = importlib.import_module("runpod.serverless")
    finally:
        for name in absent:
            del sys.modules[name]
    if sys.platform == "linux":  # its heartbeat would otherwise import the SDK by itself
        multiprocessing.set_start_method("fork", force=True)
    return sdk


def _stand_ins() -> dict[str, types.ModuleType]:
    found = {name: types.ModuleType(name) for name in ("cpuinfo", "paramiko")}
    vars(found["cpuinfo"])["get_cpu_info"] = lambda: {"brand_raw": _processor()}
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")
