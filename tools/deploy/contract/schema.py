"""A part of a JSON Schema: references are followed, choices are told apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jsonschema

Schema = dict[str, Any]

# What is not about which values there are.
PROSE = {"title", "description", "examples", "default", "$defs", "discriminator", "deprecated"}
# 1: what is larger allows less; -1: what is larger allows more.
BOUNDS = {
    "minimum": 1, "exclusiveMinimum": 1, "minLength": 1, "minItems": 1,
    "maximum": -1, "exclusiveMaximum": -1, "maxLength": -1, "maxItems": -1,
}  # fmt: skip
STRUCTURE = {
    "type", "enum", "const", "anyOf", "oneOf", "$ref", "properties", "required", "items",
    "additionalProperties", *BOUNDS,
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A schema, and the document its references are in."""

    schema: Schema
    document: Schema

    @classmethod
    def whole(cls, document: Schema) -> Part:
        """The schema that a document is."""
        return cls(document, document).at(document)

    def at(self, schema: Schema | bool) -> Part:
        """Another schema of the document, where its reference leads."""
        found: Any = {} if schema is True else {"enum": []} if schema is False else schema
        while "$ref" in found:
            name = found["$ref"].removeprefix("#/$defs/")
            found = self.document["$defs"][name]
        return replace(self, schema=found)

    def variants(self) -> list[Part]:
        """What it is a choice of; itself, unless it is one."""
        for several in ("anyOf", "oneOf"):
            if several in self.schema:
                common = {k: v for k, v in self.schema.items() if k not in {several, *PROSE}}
                parts = (self.at(each) for each in self.schema[several])
                return [
                    way
                    for part in parts
                    for way in (part.with_also(common) if common else part).variants()
                ]
        if isinstance(kinds := self.schema.get("type"), list):
            return [replace(self, schema={**self.schema, "type": kind}) for kind in kinds]
        return [self]

    def with_also(self, more: Schema) -> Part:
        """A schema with more keywords."""
        return replace(self, schema={**self.schema, **more})

    def values(self) -> list[Any] | None:
        """All that it can be, where they are listed."""
        if "const" in self.schema:
            return [self.schema["const"]]
        found: list[Any] | None = self.schema.get("enum")
        return found

    def accepts(self, value: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Whether a value is one of it."""
        return bool(self._validator.is_valid(value))

    def fields(self) -> dict[str, Part]:
        """The fields it names."""
        properties: Schema = self.schema.get("properties", {})
        return {name: self.at(schema) for name, schema in properties.items()}

    def other_fields(self) -> Part | None:
        """What a field that it does not name may be; None if there may be none."""
        rest = self.schema.get("additionalProperties", True)
        return None if rest is False else self.at(rest)

    @cached_property
    def _validator(self) -> jsonschema.Draft202012Validator:
        definitions = {"$defs": self.document.get("$defs", {})}
        return jsonschema.Draft202012Validator({**self.schema, **definitions})
