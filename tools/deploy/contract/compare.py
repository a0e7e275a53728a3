"""Compares JSON Schemas: is every value of one a value of the other?

Of an input, what callers send today has to be accepted tomorrow. Of an output, what workers answer
tomorrow has to be what callers count on today; a new field is none they know of. What pydantic
writes is compared; of other keywords only that they are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tools.deploy.contract.schema import BOUNDS, PROSE, STRUCTURE, Part, Schema


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a contract is not compatible: the field, and what about it."""

    field: str
    why: str

    def __str__(self) -> str:
        """As people read it."""
        return f"{self.field} {self.why}"


def incompatible(side: str, old: Schema, new: Schema) -> list[Finding]:
    """Why a schema may not take another's place; nothing if it may.

    Args:
        side: ``input`` or ``output``.
        old: the schema that callers know.
        new: the schema that is to be.
    """
    before, after = Part.whole(old), Part.whole(new)
    if side == "input":
        return list(_Comparison(output=False).between(before, after, side))
    return list(_Comparison(output=True).between(after, before, side))


@dataclass
class _Comparison:
    """Says why what is sent may not be what is expected.

    Attributes:
        output: whether workers send and callers expect, who look at no field they do not know;
            otherwise callers send and workers expect.
    """

    output: bool
    # A schema may contain itself: a pair that is being compared is not compared again.
    _open: set[tuple[int, int]] = field(default_factory=set)

    def between(self, sent: Part, expected: Part, name: str) -> Iterator[Finding]:
        """What is wrong, field by field, below the field of that name."""
        pair = (id(sent.schema), id(expected.schema))
        if pair in self._open:
            return
        self._open.add(pair)
        ways = expected.variants()
        for variant in sent.variants():
            if (values := variant.values()) is not None:
                yield from self._values(values, ways, name)
            else:
                reasons = [(way, list(self._mismatch(variant, way, name))) for way in ways]
                if all(found for _, found in reasons):
                    yield from min(reasons, key=lambda each: _unlike(variant, *each))[1]
        self._open.discard(pair)

    def _values(self, values: list[Any], ways: list[Part], name: str) -> Iterator[Finding]:
        missing = [value for value in values if not any(way.accepts(value) for way in ways)]
        if missing:
            words = "may be" if self.output else "may no longer be"
            new = ", which is new" if self.output else ""
            yield Finding(name, f"{words} {', '.join(map(str, missing))}{new}")

    def _mismatch(self, sent: Part, expected: Part, name: str) -> Iterator[Finding]:
        """Neither is a choice, and the first is no list of values."""
        mine, theirs = sent.schema, expected.schema
        if (allowed := expected.values()) is not None:
            words = "was limited to" if self.output else "is limited to"
            yield Finding(name, f"{words} {', '.join(map(str, allowed))}")
            return
        kind, wanted = mine.get("type", "anything"), theirs.get("type", "anything")
        if wanted not in {"anything", kind} and (kind, wanted) != ("integer", "number"):
            was, now = (wanted, kind) if self.output else (kind, wanted)
            yield Finding(name, f"is {now}, was {was}")
            return
        for keyword in sorted(BOUNDS.keys() & theirs.keys()):
            limit = mine.get(keyword)
            if limit is None or BOUNDS[keyword] * (limit - theirs[keyword]) < 0:
                was, now = (theirs[keyword], limit) if self.output else (limit, theirs[keyword])
                yield Finding(name, f"has {keyword} {now}, had {was}")
        for keyword in sorted((mine.keys() | theirs.keys()) - STRUCTURE - PROSE):
            if not _alike(mine.get(keyword), theirs.get(keyword)):
                yield Finding(name, f"has another {keyword}, which is not compared any further")
        if "items" in theirs:
            items = sent.at(mine.get("items", True)), expected.at(theirs["items"])
            yield from self.between(*items, f"{name}[]")
        if "object" in {kind, wanted}:
            yield from self._fields(sent, expected, name)

    def _fields(self, sent: Part, expected: Part, name: str) -> Iterator[Finding]:
        mine, theirs = sent.fields(), expected.fields()
        lacking = set(expected.schema.get("required", ())) - set(sent.schema.get("required", ()))
        for each in sorted(lacking):
            gone = "may be missing" if each in mine else "is gone"
            yield Finding(f"{name}.{each}", gone if self.output else "is required")
        for each in sorted(mine.keys() & theirs.keys()):
            yield from self.between(mine[each], theirs[each], f"{name}.{each}")
        if self.output:
            for each in sorted(theirs.keys() - mine.keys() - lacking):
                yield Finding(f"{name}.{each}", "is gone")
        rest = expected.other_fields()
        for each in sorted(mine.keys() - theirs.keys()) if not self.output else ():
            if rest is None:
                yield Finding(f"{name}.{each}", "is gone")
            else:
                yield from self.between(mine[each], rest, f"{name}.{each}")
        if (others := sent.other_fields()) and not (self.output and rest is None):
            if rest is None:
                yield Finding(name, "takes no other fields any more")
            else:
                yield from self.between(others, rest, f"{name}.*")


def _unlike(one: Part, other: Part, found: list[Finding]) -> tuple[bool, bool, int]:
    """How little two parts are alike: what differs least tells best what is wrong."""
    another_name = one.schema.get("title") != other.schema.get("title")
    another_type = any(each.why.startswith("is ") and ", was " in each.why for each in found)
    return another_name, another_type, len(found)


def _alike(one: Any, other: Any) -> bool:  # noqa: ANN401 - the value of any keyword
    # What a reference in it leads to may have changed.
    return bool(one == other) and "$ref" not in json.dumps(one)
