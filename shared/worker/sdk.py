"""Imports RunPod's SDK without what a worker has no use for."""

from __future__ import annotations

import importlib
import multiprocessing
import sys
import types
from pathlib import Path

from shared.deferred import deferred


def import_sdk() -> types.ModuleType:
    """RunPod's ``runpod.serverless``, unmodified.

    While it is imported its debugger asks py-cpuinfo for the processor's name, and py-cpuinfo
    measures the clock rate for a second to answer; its command line imports paramiko, a fifth of
    the whole, to make SSH keys. For the time of the import a module that reads the answer from the
    system stands in for the one, and the other is put off. Images have neither package.
    """
    measuring = sys.modules.get("cpuinfo")
    if not measuring:
        sys.modules["cpuinfo"] = reading = types.ModuleType("cpuinfo")
        vars(reading)["get_cpu_info"] = lambda: {"brand_raw": _processor()}
    try:
        with deferred("paramiko"):
            sdk = importlib.import_module("runpod.serverless")
    finally:
        if not measuring:
            del sys.modules["cpuinfo"]
    if sys.platform == "linux":  # its heartbeat would otherwise import the SDK by itself
        multiprocessing.set_start_method("fork", force=True)
    return sdk


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")
