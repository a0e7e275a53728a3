"""Imports packages without those of their modules that a worker has no use for."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder


@contextmanager
def deferred(*names: str, needed_by: Sequence[str] = ()) -> Iterator[None]:
    """What is imported in here gets, of these modules, ones that are not executed yet.

    Each is executed when it is imported later, or when something of it is asked for where it was
    handed on to. That raises what its import raises.

    Args:
        names: modules; those that are imported already are left alone.
        needed_by: modules that cannot do without: before one of these is imported later, all are.
    """
    absent = {name: _Deferred(name) for name in names if not sys.modules.get(name)}
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name, module in absent.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
        if absent and needed_by:
            sys.meta_path.insert(0, _Before(needed_by, [*absent]))


class _Deferred(types.ModuleType):
    """Stands for a module."""

    def __getattr__(self, name: str) -> object:
        # Python's own machinery asks for more, and can do without.
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


class _Before(MetaPathFinder):
    """Finds nothing; imports modules before others, once."""

    def __init__(self, others: Sequence[str], names: Sequence[str]) -> None:
        self._others, self._names = others, names

    def find_spec(self, name: str, *_: object) -> None:
        if name in self._others:
            sys.meta_path.remove(self)
            for needed in self._names:
                importlib.import_module(needed)
