"""Keeps models loaded as far as there is room for them; the one longest unused gives way."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.errors import OutOfMemory

logger = logging.getLogger("speech")

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Model(Generic[T]):
    """A model that is loaded when it is needed, and may be dropped when it is not.

    Attributes:
        name: for the log.
        size: bytes of its files.
    """

    name: str
    size: int
    _load: Callable[[], T]
    _network: T | None = None

    @property
    def network(self) -> T:
        """The network; loaded if it is not yet.

        Raises:
            ModelError: it is not usable.
        """
        if self._network is None:
            self._network = self._load()
        return self._network

    @property
    def loaded(self) -> bool:
        """Whether it takes up memory."""
        return self._network is not None

    def drop(self) -> None:
        """Let its memory go. Whoever got the network must not keep it."""
        self._network = None


class Memory:
    """Room for models, for jobs that run at the same time.

    Args:
        max_bytes: of all models that are loaded at a time; None: as many as are asked for.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self._max_bytes = max_bytes
        self._held: list[Model[Any]] = []  # the one that was not needed for longest first
        self._used: Counter[Model[Any]] = Counter()  # by how many jobs
        self._coming = threading.Lock()  # one job after another gets its models
        self._ended = threading.Condition()

    @contextmanager
    def hold(self, models: Sequence[Model[Any]]) -> Iterator[None]:
        """Keep these loaded in here, and drop as many others as it takes.

        What other jobs use is not dropped: it is waited for, and who comes later waits behind.

        Raises:
            OutOfMemory: there is no room for these alone.
            ModelError: one is not usable.
        """
        wanted = sum(model.size for model in models)
        if self._max_bytes is not None and wanted > self._max_bytes:
            raise OutOfMemory("this endpoint has no room for the models of that task",
                              retryable=False)  # fmt: skip
        with self._coming:
            self._make_room(models)
            for model in models:
                _ = model.network
            with self._ended:
                self._used.update(models)
        try:
            yield
        finally:
            with self._ended:
                self._used.subtract(models)
                self._ended.notify_all()

    def _make_room(self, models: Sequence[Model[Any]]) -> None:
        others = [model for model in self._held if model not in models]
        if self._max_bytes is not None:
            room = self._max_bytes - sum(model.size for model in models)
            while sum(model.size for model in others) > room:
                with self._ended:
                    self._ended.wait_for(lambda: any(not self._used[model] for model in others))
                    unused = next(model for model in others if not self._used[model])
                logger.info("model dropped to make room: %s", unused.name)
                others.remove(unused)
                unused.drop()
        self._held = [*others, *models]
