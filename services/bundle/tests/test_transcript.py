"""Sentences are cut where the speaker changes, and nothing of them is lost."""

from __future__ import annotations

from services.asr.sentences import Sentence
from services.asr.words import Word
from services.bundle.transcript import attribute
from shared.attribution import Turn


def sentence(*written: str, start_ms: int = 0) -> Sentence:
    """A sentence whose words last 400 ms, with 100 ms between them."""
    words = (
        Word(text.strip(" .。"), text, start_ms + n * 500, start_ms + n * 500 + 400, (-0.1 * n,))
        for n, text in enumerate(written)
    )
    return Sentence(tuple(words), "en", "neutral", ("speech",))


def told(turns: list[Turn], *sentences: Sentence) -> list[tuple[str, str | None]]:
    return [(one.sentence.text, one.speaker) for one in attribute(sentences, turns)]


def test_a_sentence_that_two_people_say_is_two() -> None:
    turns = [Turn(0, 1000, "Ada"), Turn(1000, 3000, "Bob")]
    asked = sentence(" Are", " you", " well", " yes.")
    assert told(turns, asked) == [("Are you", "Ada"), ("well yes.", "Bob")]


def test_a_part_has_its_own_words_times_and_confidence_and_the_sentences_language() -> None:
    first, second = attribute(
        [sentence(" Are", " you", " well", " yes.")], [Turn(0, 900, "Ada"), Turn(1000, 3000, "Bob")]
    )
    assert (first.sentence.start_ms, first.sentence.end_ms) == (0, 900)
    assert (second.sentence.start_ms, second.sentence.end_ms) == (1000, 1900)
    assert first.sentence.confidence > second.sentence.confidence
    assert {first.sentence.language, second.sentence.language} == {"en"}


def test_what_nobody_near_says_has_no_speaker() -> None:
    far = sentence(" Hello.", start_ms=60_000)
    assert told([Turn(0, 900, "Ada")], sentence(" Hi."), far) == [("Hi.", "Ada"), ("Hello.", None)]
    assert told([], far) == [("Hello.", None)]
