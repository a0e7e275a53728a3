"""FunASR's own classes, to train with and to compare with. No service needs them."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from typing import Any


def funasr_class(module: str, name: str) -> Any:  # noqa: ANN401 - funasr is untyped
    """Import one class of funasr without running ``funasr/__init__``.

    That module imports every one of funasr's submodules, some 4,500 modules in 7-11 s. An empty
    package of the same name and search path is put in its place, so only what the class's own
    module imports is loaded.

    Raises:
        ImportError: funasr is not installed.
        AttributeError: this version has no such class.
    """
    if "funasr" not in sys.modules:
        spec = importlib.machinery.PathFinder.find_spec("funasr")
        if spec is None or spec.submodule_search_locations is None:
            raise ImportError("funasr is not installed")
        package = types.ModuleType("funasr")
        package.__path__ = list(spec.submodule_search_locations)
        package.__spec__ = spec
        sys.modules["funasr"] = package
    return getattr(importlib.import_module(module), name)
