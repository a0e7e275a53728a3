"""Imports packages without those of their modules that a worker has no use for."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """What is imported in here gets, of these modules, ones that do not exist yet.

    Each becomes the real one when something of it is first asked for, and raises what its import
    raises. An ``import`` of it that comes later is an ordinary one.

    Args:
        names: modules that are imported for what importing them does elsewhere, or to be handed
            on; those that are imported already are left alone.
    """
    absent = {name: _Deferred(name) for name in names if name not in sys.modules}
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name, module in absent.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


class _Deferred(types.ModuleType):
    def __getattr__(self, name: str) -> object:
        # Python's own machinery asks for more, and can do without.
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)
