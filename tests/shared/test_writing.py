"""Sentences become one text as their scripts ask, and paragraphs where the speaker changes."""

from __future__ import annotations

import pytest

from shared.writing import as_text, join_texts


@pytest.mark.parametrize(
    ("sentences", "text"),
    [
        (["Yes.", "No."], "Yes. No."),
        (["好的。", "再见。"], "好的。再见。"),
        (["好", "走"], "好走"),
        (["OK.", "好的。", "Bye."], "OK.好的。Bye."),
        (["안녕", "여러분"], "안녕 여러분"),
        ([], ""),
    ],
)
def test_texts_are_joined_as_their_scripts_ask(sentences: list[str], text: str) -> None:
    assert join_texts(sentences) == text


def test_the_text_has_a_paragraph_for_each_stretch_of_a_speaker() -> None:
    said = [
        ("Ada", "One."), ("Ada", "Two."), ("Bob", "三。"), ("Bob", "四。"), ("Ada", "Five."),
        (None, "Six."),
    ]  # fmt: skip
    assert as_text(said) == "Ada: One. Two.\nBob: 三。四。\nAda: Five.\nSix.\n"
    assert as_text([]) == ""
