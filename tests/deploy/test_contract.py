"""A contract may grow; what breaks a caller is refused by the field's name."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from tools.deploy.contract.compare import incompatible
from tools.deploy.contract.compatible import committed, gate, version_of
from tools.deploy.deployed import Image
from tools.deploy.errors import DeployError
from tools.workspace import service_names

Schema = dict[str, Any]


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: float = Field(ge=0)
    label: str | None = None
    inside: list[Inner] = []  # a contract may contain itself


class Contract(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    count: int = Field(3, ge=1, le=10)
    mode: Literal["fast", "good"] = "fast"
    channel: Literal["mix", "left"] | int = "mix"
    items: list[Inner] = []
    scores: dict[str, float] = {}
    note: str | None = None


CONTRACT = Contract.model_json_schema()


def edited(path: str, value: Any) -> Schema:
    """The contract with another value at a path; None takes it away."""
    schema = deepcopy(CONTRACT)
    at: Any = schema
    *way, last = path.split(".")
    for name in way:
        at = at[int(name) if name.isdigit() else name]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return schema


NULLABLE_COUNT = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10}, {"type": "null"}]}
ITEM = "$defs.Inner.properties"
# What is changed, why an input may not be changed so, and why an output may not; "" if it may.
CHANGES = [
    ("properties.extra", {"type": "string"}, "", ""),
    ("properties.name", None, "input.name is gone", "output.name is gone"),
    ("properties.note", None, "input.note is gone", "output.note is gone"),
    ("required", ["name", "note"], "input.note is required", ""),
    ("required", [], "", "output.name may be missing"),
    ("properties.name", {"type": "integer"}, "input.name is integer, was string",
     "output.name is integer, was string"),
    ("properties.count.maximum", 5, "input.count has maximum 5, had 10", ""),
    ("properties.count.maximum", 20, "", "output.count has maximum 20, had 10"),
    ("properties.count.minimum", None, "", "output.count has minimum None, had 1"),
    ("properties.count.type", "number", "", "output.count is number, was integer"),
    ("properties.count", NULLABLE_COUNT, "", "output.count is null, was integer"),
    ("properties.mode.enum", ["fast"], "input.mode may no longer be good", ""),
    ("properties.mode.enum", ["fast", "good", "best"], "",
     "output.mode may be best, which is new"),
    ("properties.mode", {"type": "string"}, "", "output.mode was limited to fast, good"),
    ("properties.note", {"type": "string"}, "input.note is string, was null", ""),
    ("properties.note", {"const": "x"}, "input.note is limited to x", ""),
    ("properties.channel.anyOf", [{"enum": ["mix", "left"]}, {"type": "string"}],
     "input.channel is limited to mix, left",
     "output.channel was limited to mix, left"),
    (f"{ITEM}.start.minimum", 1, "input.items[].start has minimum 1, had 0", ""),
    (f"{ITEM}.label", None, "input.items[].label is gone", "output.items[].label is gone"),
    (f"{ITEM}.id", {"type": "integer"}, "", ""),
    ("$defs.Inner.required", ["start", "label"], "input.items[].label is required", ""),
    ("properties.items.minItems", 1, "input.items has minItems 1, had None", ""),
    ("properties.scores.additionalProperties", {"type": "integer"},
     "input.scores.* is integer, was number", ""),
    ("properties.name.pattern", "^a", "input.name has another pattern",
     "output.name has another pattern"),
    ("properties.name.description", "other words", "", ""),
    ("properties.mode.default", "good", "", ""),
    ("additionalProperties", True, "", ""),
]  # fmt: skip


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize(("path", "value", "on_input", "on_output"), CHANGES)
def test_a_change_is_refused_by_the_fields_name_or_goes_through(
    path: str, value: Any, on_input: str, on_output: str, side: str
) -> None:
    found = incompatible(side, CONTRACT, edited(path, value))
    expected = on_input if side == "input" else on_output
    if expected:
        assert any(str(finding).startswith(expected) for finding in found), list(map(str, found))
    else:
        assert found == []


@pytest.mark.parametrize("side", ["input", "output"])
def test_a_contract_is_compatible_with_itself(side: str) -> None:
    assert incompatible(side, CONTRACT, deepcopy(CONTRACT)) == []


NUMBERS = st.integers(-3, 3)
LEAVES = st.one_of(
    st.just({"type": "null"}),
    st.just({"type": "boolean"}),
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more},
              NUMBERS, st.integers(0, 3)),
    st.builds(lambda low: {"type": "number", "minimum": low}, NUMBERS),
    st.builds(lambda most: {"type": "string", "maxLength": most}, st.integers(0, 2)),
    st.builds(lambda values: {"enum": values},
              st.lists(st.sampled_from(["a", "b", 0, 1, None]), min_size=1, unique=True)),
)  # fmt: skip


def composed(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    properties = st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    return st.one_of(
        st.builds(lambda several: {"anyOf": several}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        properties.flatmap(lambda named: st.builds(
            lambda required, rest: {"type": "object", "properties": named,
                                    "required": sorted(required), "additionalProperties": rest},
            st.sets(st.sampled_from(sorted(named))) if named else st.just(set[str]()),
            st.booleans() | inner,
        )),
    )  # fmt: skip


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=4)
VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, 2, -1, 0.5, "", "a", "b", "abc"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("wxyz"), inner),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=10, max_size=10))
def test_what_goes_through_breaks_no_caller(old: Schema, new: Schema, values: list[Any]) -> None:
    before, after = map(jsonschema.Draft202012Validator, (old, new))
    if not incompatible("input", old, new):
        for value in values:
            assert not before.is_valid(value) or after.is_valid(value), value


@settings(max_examples=200, deadline=None)
@given(SCHEMAS)
def test_nothing_has_changed_where_nothing_is_changed(schema: Schema) -> None:
    for side in ("input", "output"):
        assert incompatible(side, schema, deepcopy(schema)) == []


@pytest.mark.parametrize(
    ("old", "new", "passes"),
    [
        ("0.1.0", "0.1.0", False),
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.1.0", "1.0.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
        ("2.0.0", "1.0.0", False),
    ],
)
def test_a_raised_version_says_that_something_breaks(
    old: str, new: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.deploy.contract.compatible.version_of", lambda _: new)
    theirs = {"type": "object", "properties": {"language": {"type": "string"}}}
    deployed = Image("vad", version=old, schemas={"input": theirs})
    if passes:
        assert "not compatible, as the version says" in gate("vad", deployed)
    else:
        with pytest.raises(DeployError, match=r"input\.language is gone(.|\n)*service\.toml"):
            gate("vad", deployed)


@pytest.mark.parametrize("name", service_names())
def test_what_is_committed_is_compatible_with_itself(name: str) -> None:
    schemas = {side: committed(name, side) for side in ("input", "output")}
    deployed = Image(name, version=version_of(name), schemas=schemas)
    assert "is compatible" in gate(name, deployed)


def objects(schema: Any) -> Iterator[Schema]:
    """Every part of a schema that has fields."""
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        yield schema
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, (dict, list)):
            yield from objects(part)


@pytest.mark.parametrize("name", service_names())
@pytest.mark.parametrize("side", ["input", "output"])
def test_no_field_of_any_service_can_go_unseen(name: str, side: str) -> None:
    old = committed(name, side)
    fields = [
        (number, field) for number, part in enumerate(objects(old)) for field in part["properties"]
    ]
    assert fields
    for number, field in fields:
        new = deepcopy(old)
        part = list(objects(new))[number]
        del part["properties"][field]
        part["required"] = [each for each in part.get("required", ()) if each != field]
        found = [finding.field for finding in incompatible(side, old, new)]
        assert any(each.removesuffix("[]").endswith(f".{field}") for each in found), (field, found)


def test_an_image_that_says_nothing_is_nothing_to_compare_with() -> None:
    assert "nothing to compare with" in gate("vad", Image("somebody/elses:1"))
