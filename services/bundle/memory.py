"""Keeps models loaded as far as there is room for them; the one longest unused gives way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
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
    """Room for models.

    It is asked before each job by the one thread that also runs the job, so what a job uses is not
    dropped before its end.

    Args:
        max_bytes: of all models that are loaded at a time; None: as many as are asked for.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self._max_bytes = max_bytes
        self._held: list[Model[Any]] = []  # the one that was not needed for longest first

    def hold(self, models: Sequence[Model[Any]]) -> None:
        """Load these, and drop as many others as it takes.

        Raises:
            OutOfMemory: there is no room for these alone.
            ModelError: one is not usable.
        """
        others = [model for model in self._held if model not in models]
        if self._max_bytes is not None:
            room = self._max_bytes - sum(model.size for model in models)
            if room < 0:
                raise OutOfMemory("this endpoint has no room for the models of that task",
                                  retryable=False)  # fmt: skip
            while sum(model.size for model in others) > room:
                logger.info("model dropped to make room: %s", others[0].name)
                others.pop(0).drop()
        self._held = [*others, *models]
        for model in models:
            _ = model.network
