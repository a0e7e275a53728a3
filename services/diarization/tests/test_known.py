"""Speakers who sound like a known voice get its name."""

from __future__ import annotations

import numpy as np

from services.diarization.known import Voice, recognise

EAST, NORTH, UP = np.eye(3, dtype=np.float32)


def near(vector: np.ndarray, other: np.ndarray, cosine: float) -> np.ndarray:
    """A unit vector that has that cosine with the first and leans to the second."""
    return np.asarray(cosine * vector + np.sqrt(1 - cosine**2) * other, dtype=np.float32)


def labels(centres: list[np.ndarray], known: list[Voice], threshold: float = 0.5) -> list[str]:
    return [speaker.label for speaker in recognise(np.stack(centres), known, threshold)]


def test_without_known_voices_speakers_are_numbered() -> None:
    assert labels([EAST, NORTH], []) == ["SPEAKER_00", "SPEAKER_01"]


def test_a_speaker_like_a_voice_gets_its_name_and_the_others_keep_their_numbers() -> None:
    found = recognise(np.stack([EAST, NORTH]), [Voice("Ada", near(NORTH, UP, 0.8))], 0.5)
    assert [speaker.label for speaker in found] == ["SPEAKER_00", "Ada"]
    assert found[0].similarity is None
    assert found[1].similarity == 0.8


def test_a_voice_nobody_sounds_like_is_not_there() -> None:
    assert labels([EAST], [Voice("Ada", near(EAST, UP, 0.4))]) == ["SPEAKER_00"]


def test_a_name_goes_to_the_most_similar_speaker_only() -> None:
    centres = [near(EAST, NORTH, 0.9), near(EAST, UP, 0.99)]
    assert labels(centres, [Voice("Ada", EAST)]) == ["SPEAKER_00", "Ada"]


def test_a_speaker_has_one_name() -> None:
    known = [Voice("Ada", near(EAST, UP, 0.9)), Voice("Bob", near(EAST, NORTH, 0.95))]
    assert labels([EAST], known) == ["Bob"]


def test_an_embedding_need_not_have_length_one() -> None:
    assert labels([EAST], [Voice("Ada", 7 * EAST)]) == ["Ada"]


def test_without_speech_there_is_nobody_to_recognise() -> None:
    assert recognise(np.zeros((0, 3), dtype=np.float32), [Voice("Ada", EAST)], 0.5) == []
