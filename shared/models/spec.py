"""What a service asks for: the tables of models in its ``service.toml``."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class ModelSpec(BaseModel):
    """A model the service needs: what it is for, which one, and the files that are used.

    ``licence`` is an SPDX expression: the one on the model's card, for all of its files.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: str
    id: str
    revision: str
    files: tuple[str, ...]
    licence: str | None = None


def asked_for(tables: dict[str, Any]) -> list[ModelSpec]:
    """The models of a ``service.toml``: those of ``[[models]]``, and of the chosen ``variant``.

    Raises:
        ValueError: there is no such variant, or a table is not a model's.
    """
    variants, chosen = tables.get("variants", {}), tables.get("variant")
    if chosen is not None and chosen not in variants:
        raise ValueError(f"variant: there is no {chosen!r}, only {', '.join(variants)}")
    more = variants[chosen] if chosen is not None else []
    return [ModelSpec.model_validate(table) for table in [*tables["models"], *more]]
