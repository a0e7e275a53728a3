"""Imports RunPod's SDK without the second it spends on the processor's name."""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path


def import_sdk() -> types.ModuleType:
    """RunPod's ``runpod.serverless``, unmodified.

    While it is imported its debugger asks py-cpuinfo for the processor's name, and py-cpuinfo
    measures the clock rate for a second to answer. For the time of the import a module of that
    name stands in that reads the answer from the system.
    """
    if "runpod" in sys.modules or "cpuinfo" in sys.modules:
        return importlib.import_module("runpod.serverless")
    stand_in = types.ModuleType("cpuinfo")
    vars(stand_in)["get_cpu_info"] = lambda: {"brand_raw": _processor()}
    sys.modules["cpuinfo"] = stand_in
    try:
        return importlib.import_module("runpod.serverless")
    finally:
        del sys.modules["cpuinfo"]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")
