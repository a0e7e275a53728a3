"""Requests are taken exactly as the contract says, and refused by field, without their values."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.vad.contract import VADRequest
from shared.errors import InvalidInput
from shared.worker.request import parse

AUDIO = {"audio": "UklGRg=="}
NESTED: Any = 1
for _ in range(200):
    NESTED = [NESTED]


def refused(job_input: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse(VADRequest, job_input, max_items=3)
    return caught.value.message


@pytest.mark.parametrize("job_input", [None, [], "x", 3, True])
def test_an_input_that_is_no_object_is_refused(job_input: object) -> None:
    assert refused(job_input) == "input must be a JSON object"


@pytest.mark.parametrize(
    "sources",
    [
        {},
        {"audio": None},
        {"audio": "a", "audio_url": "b"},
        {"audio_url": "a", "audio_base64": "b"},
        {"audio": "a", "audios": ["b"]},
    ],
)
def test_exactly_one_source_of_audio_is_asked_for(sources: dict[str, Any]) -> None:
    assert refused(sources) == "give exactly one of audio_url, audio_base64, audio, audios"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("audio", 3),
        ("audio", ["a"]),
        ("audio_url", {"a": 1}),
        ("audio_base64", b"bytes"),
        ("audios", "a"),
        ("audios", []),
        ("audios", [3]),
        ("audios", [None]),
        ("audios", [{}]),
        ("audios", [{"audio": "a", "audio_url": "b"}]),
        ("audios", [NESTED]),
    ],
)
def test_a_source_of_another_kind_is_refused_by_name(field: str, value: object) -> None:
    assert refused({field: value}).startswith(field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "rear"),
        ("channel", -1),
        ("channel", 64),
        ("channel", True),
        ("channel", 1.0),
        ("mode", "exact"),
        ("mode", None),
        ("max_end_silence_ms", 149),
        ("max_end_silence_ms", 10**30),
        ("max_end_silence_ms", "800"),
        ("max_end_silence_ms", 800.0),
        ("max_end_silence_ms", True),
        ("speech_threshold", float("nan")),
        ("speech_threshold", float("inf")),
        ("speech_threshold", 1.01),
        ("speech_threshold", "0.5"),
        ("max_segment_s", 0),
        ("max_segment_s", 10**400),
        ("min_silence_ms", -1),
        ("min_speech_ms", 60_001),
        ("pad_ms", None),
        ("format", "RTTM"),
        ("format", ["json"]),
        ("return_scores", 1),
        ("return_scores", "true"),
        ("pad_ms", NESTED),
    ],
)
def test_an_option_out_of_its_bounds_is_refused_by_name(field: str, value: object) -> None:
    assert refused({**AUDIO, field: value}).startswith(f"{field}: ")


def test_an_unknown_field_is_refused_by_name() -> None:
    assert refused({**AUDIO, "langauge": "zh"}) == "unknown field langauge"
    assert refused({"audios": [{"audio": "a", "url": "b"}]}) == "unknown field audios.0.url"


def test_a_job_holds_so_many_recordings_and_no_more() -> None:
    assert len(parse(VADRequest, {"audios": ["a", "b", {"audio_url": "c"}]}, 3).references()) == 3
    assert refused({"audios": ["a"] * 4}) == "audios: at most 3 recordings in one job"


def test_of_many_faults_five_are_told() -> None:
    message = refused({**AUDIO, **{f"field{n}": n for n in range(30)}})
    assert message.count("unknown field") == 5
    assert message.endswith("and 25 more")


@pytest.mark.parametrize("name", ["x" * 10_000, "", " ", "https://h/p?token=abc", "a\nb", "é"])
def test_what_does_not_look_like_a_field_name_is_not_shown(name: str) -> None:
    assert refused({**AUDIO, name: 1}) == "unknown field (not a field name)"


@pytest.mark.parametrize(
    "job_input",
    [
        {"audios": [1] * 1_000_000},
        {f"field{n}": n for n in range(200_000)},
        {"audios": [{f"field{n}": n for n in range(200_000)}]},
    ],
    ids=["items", "fields", "fields-of-an-item"],
)
def test_a_request_of_millions_of_faults_costs_next_to_nothing(job_input: object) -> None:
    tracemalloc.start()
    message = refused(job_input)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "at most" in message
    assert peak < 1e5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
names = st.sampled_from(sorted(VADRequest.model_fields)) | st.text(max_size=5)


@given(st.dictionaries(names, json_values, max_size=6) | json_values)
def test_any_json_at_all_is_taken_or_refused_in_words(job_input: object) -> None:
    try:
        parse(VADRequest, job_input, max_items=3)
    except InvalidInput as error:
        shown = str(error)
    else:
        shown = ""
    assert not shown or shown.isprintable()


@given(st.text(alphabet="0123456789abcdef", min_size=12, max_size=20))
def test_a_refusal_never_shows_a_value(secret: str) -> None:
    for field in VADRequest.model_fields:
        with_secret = {**AUDIO, field: {"inner": secret}}
        assert secret not in refused(with_secret)
