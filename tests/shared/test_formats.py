"""What is written as RTTM, Audacity labels or CSV can be read back."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.formats import Labelled, TextFormat, parse, render

FORMATS = get_args(TextFormat)
moments = st.integers(0, 36_000_000)
labels = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)
segments = st.lists(
    st.builds(
        lambda start, length, label: Labelled(start / 1000, (start + length) / 1000, label),
        moments, moments, labels,
    )
)  # fmt: skip
EXAMPLE = [Labelled(0.07, 2.34, "speech"), Labelled(2.62, 6.2, "speech")]


@pytest.mark.parametrize("form", FORMATS)
@given(segments)
def test_what_was_written_is_read_back(form: TextFormat, written: list[Labelled]) -> None:
    assert parse(render(written, form), form) == written


def test_rttm_has_ten_fields_with_start_and_duration() -> None:
    first, _ = render(EXAMPLE, "rttm", "meeting").splitlines()
    assert first == "SPEAKER meeting 1 0.070 2.270 <NA> <NA> speech <NA> <NA>"


@pytest.mark.parametrize("name", ["", " ", "my file", "a\nb"])
def test_a_name_that_would_break_an_rttm_line_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="one word"):
        render(EXAMPLE, "rttm", name)


def test_audacity_labels_are_start_end_label() -> None:
    assert render(EXAMPLE, "audacity") == "0.070\t2.340\tspeech\n2.620\t6.200\tspeech\n"


def test_csv_has_a_header_and_crlf() -> None:
    assert render(EXAMPLE, "csv").startswith("start,end,label\r\n0.070,2.340,speech\r\n")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", ["nonsense", "a b c", "1\t2", "SPEAKER x 1 a b c d e f g"])
def test_other_text_is_refused(form: TextFormat, text: str) -> None:
    with pytest.raises(ValueError, match=f"not a {form} file"):
        parse(text, form)


def test_no_segments_make_an_empty_file() -> None:
    assert render([], "rttm") == render([], "audacity") == ""
    assert parse(render([], "csv"), "csv") == []
