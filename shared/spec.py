"""A service's BUILD file, ``service.toml``: its models, its limits, how its worker runs."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from shared.decode import DecodeLimits
from shared.fetch import FetchPolicy
from shared.models.spec import ModelSpec, asked_for

IMAGE_MODELS_DIR = Path("/models")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkerSpec(_Table):
    """How jobs are run: how many at a time, and the largest result in bytes of JSON.

    It is ``short_concurrency`` while recordings are of a block at most (30 s), but for one now and
    then.
    """

    concurrency: int = Field(ge=1)
    short_concurrency: int = Field(ge=1)
    max_result_bytes: int = Field(gt=0)


class LimitSpec(_Table):
    """Bounds on what a caller may send."""

    max_items: int = Field(gt=0)
    max_bytes: int = Field(gt=0)
    fetch_deadline_s: float = Field(gt=0)
    max_duration_s: float = Field(gt=0)
    min_rate_hz: int = Field(gt=0)
    max_rate_hz: int = Field(gt=0)
    max_channels: int = Field(gt=0)
    max_samples: int = Field(gt=0)


class ServiceSpec(_Table):
    """The content of a ``service.toml``; what ``[engine]`` holds, the service's engine checks."""

    name: str
    version: str
    summary: str
    models: tuple[ModelSpec, ...]
    worker: WorkerSpec
    limits: LimitSpec
    engine: dict[str, Any] = {}

    @classmethod
    def read(cls, path: Path) -> Self:
        """Parse and validate a ``service.toml``.

        Raises:
            ValueError: a table or a value is not what it should be.
        """
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        tables["models"] = asked_for(tables)
        for choice in ("variant", "variants"):
            tables.pop(choice, None)
        return cls.model_validate(tables)

    def model(self, role: str) -> ModelSpec:
        """The model with that role.

        Raises:
            KeyError: the service has none.
        """
        return {model.role: model for model in self.models}[role]

    def fetch_policy(self) -> FetchPolicy:
        """How audio is fetched; SPEECH_ALLOW_HTTP and SPEECH_ALLOW_PRIVATE loosen it."""
        return FetchPolicy(
            max_bytes=self.limits.max_bytes,
            deadline_s=self.limits.fetch_deadline_s,
            allow_http=_flag("SPEECH_ALLOW_HTTP"),
            allow_private=_flag("SPEECH_ALLOW_PRIVATE"),
        )

    def decode_limits(self) -> DecodeLimits:
        """Bounds on the audio itself."""
        return DecodeLimits(
            max_duration_s=self.limits.max_duration_s,
            min_rate_hz=self.limits.min_rate_hz,
            max_rate_hz=self.limits.max_rate_hz,
            max_channels=self.limits.max_channels,
            max_samples=self.limits.max_samples,
        )


def models_dir() -> Path:
    """Where the models lie: MODELS_DIR, or the place an image has them."""
    return Path(os.environ.get("MODELS_DIR") or IMAGE_MODELS_DIR)


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes"}
