"""How good a model folder is, on held-out voices: words, their times, tags, and noise.

python -m models.tiny.asr.evaluate [--model FOLDER] [--recordings N]

Needs espeak-ng and flite.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.tiny.asr.network import MODEL_FOLDER
from models.tiny.asr.scores import align, middle_and_ninth
from models.tiny.asr.spoken import Spans, Unspoken
from models.tiny.asr.utterances import Recording, draw_silence, draw_speech, place
from models.tiny.asr.words import LANGUAGES, Language, write
from models.tiny.sound.acoustics import set_level
from shared.audio import SAMPLE_RATE
from shared.models.folder import ModelFolder
from shared.nets.asr import Transcript
from shared.nets.asr.sensevoice import SenseVoice

RECORDINGS = 600
SILENCES = 200


@dataclass(frozen=True)
class Row:
    """The figures of one language in one surrounding.

    Attributes:
        language: of the speech.
        surrounding: ``clean`` or ``noisy``.
        units: English words or Mandarin characters that were said.
        error: substitutions, deletions and insertions, over ``units``.
        written_error: the same by character, with numerals and punctuation.
        tagged: share of recordings whose language was told.
        starts: median and 90th percentile of the error of starts, in milliseconds.
        ends: likewise.
    """

    language: Language
    surrounding: str
    units: int
    error: float
    written_error: float
    tagged: float
    starts: tuple[float, float]
    ends: tuple[float, float]


@dataclass(frozen=True)
class Report:
    """The figures of a model folder.

    Attributes:
        rows: by language and surrounding.
        minutes: of noise, music and silence.
        false_words: that were heard in it.
        untold: share of those recordings in which the tag said that nobody speaks.
    """

    rows: tuple[Row, ...]
    minutes: float
    false_words: int
    untold: float


def main() -> None:
    """Run the command of this module."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--recordings", type=int, default=RECORDINGS)
    options = parser.parse_args()
    report = evaluate(options.model, options.recordings)
    for row in report.rows:
        print(row)
    print(f"{report.false_words} words in {report.minutes:.1f} minutes of no speech,",
          f"{report.untold:.1%} of it tagged so")  # fmt: skip


def evaluate(folder: Path, count: int = RECORDINGS) -> Report:
    """Measures a model folder; see ``Report``.

    Raises:
        ModelError: the folder holds no model.
    """
    recogniser = SenseVoice.load(ModelFolder("/".join(folder.parts[-2:]), folder, None))
    dry = list(draw(count))
    rng = np.random.default_rng([1, 0])
    noisy = [replace(recording, samples=place(recording.samples, rng)) for recording in dry]
    clean = [replace(recording, samples=set_level(recording.samples, -6.0)) for recording in dry]
    rows = [
        judge(recogniser, [one for one in recordings if one.said.language == language], surrounding)
        for surrounding, recordings in (("clean", clean), ("noisy", noisy))
        for language in LANGUAGES
    ]
    silences = [draw_silence(np.random.default_rng([2, number])) for number in range(SILENCES)]
    heard = transcribe(recogniser, silences)
    return Report(
        tuple(rows),
        sum(recording.samples.size for recording in silences) / SAMPLE_RATE / 60,
        sum(len(units(transcript)[0]) for transcript in heard),
        float(np.mean([transcript.language is None for transcript in heard])),
    )


def draw(count: int) -> Iterator[Recording]:
    """Dry recordings of held-out voices."""
    for number in range(count):
        try:
            yield draw_speech(np.random.default_rng([0, number]), "heldout")
        except Unspoken:
            continue


def judge(recogniser: SenseVoice, recordings: Sequence[Recording], surrounding: str) -> Row:
    """The figures of recordings of one language."""
    language = recordings[0].said.language
    assert language  # noqa: S101
    errors, said, written, letters, tagged = 0, 0, 0, 0, 0
    starts: list[float] = []
    ends: list[float] = []
    for recording, words, text in zip(
        recordings, transcribe(recogniser, recordings), transcribe(recogniser, recordings, True),
        strict=True,
    ):  # fmt: skip
        heard, places = units(words)
        alignment = align(recording.said.units, heard)
        for here, there in alignment.matches:
            start, end = (places[there] - recording.said.spans[here]) * 1000
            starts.append(start)
            ends.append(end)
        expected = write(recording.said.units, language, True)
        errors += alignment.errors
        said += len(recording.said.units)
        written += align(expected, text.text).errors
        letters += len(expected)
        tagged += words.language == language
    return Row(language, surrounding, said, errors / said, written / letters,
               tagged / len(recordings), middle_and_ninth(starts),
               middle_and_ninth(ends))  # fmt: skip


def transcribe(
    recogniser: SenseVoice, recordings: Sequence[Recording], normalised: bool = False
) -> list[Transcript]:
    """What is heard, with nothing told."""
    features = [recogniser.features(recording.samples) for recording in recordings]
    return recogniser.transcribe(features, use_itn=normalised)


def units(transcript: Transcript) -> tuple[list[str], Spans]:
    """English words and Mandarin characters, and where they are, in seconds."""
    texts: list[str] = []
    places: list[list[int]] = []
    for token in transcript.tokens:
        if texts and token.text.isascii() and not token.text.startswith(" "):
            texts[-1] += token.text
            places[-1][1] = token.end_ms
        else:
            texts.append(token.text.strip())
            places.append([token.start_ms, token.end_ms])
    return texts, np.array(places, np.float64).reshape(-1, 2) / 1000


if __name__ == "__main__":
    main()
