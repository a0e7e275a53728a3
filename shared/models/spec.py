"""What a service asks for: the ``[[models]]`` tables of its ``service.toml``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ModelSpec(BaseModel):
    """A model the service needs: what it is for, which one, and the files that are used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: str
    id: str
    revision: str
    files: tuple[str, ...]
