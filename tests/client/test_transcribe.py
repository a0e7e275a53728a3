"""Who said what, when: from a bundle, or from two endpoints, which comes to the same."""

from __future__ import annotations

import base64
import json
from operator import itemgetter
from pathlib import Path
from typing import Any

import anyio
import pytest

from speech_endpoints import Bundle
from speech_endpoints.jobs import Ledger
from speech_endpoints.pair import AsyncPair
from speech_endpoints.transcript import spoken, transcript
from speech_endpoints.vendored.shared import errors
from speech_endpoints.wire import Json
from tests.client.conftest import Service
from tests.client.test_command import speech
from tools.workspace import COMMANDS, SAMPLE


@pytest.fixture
def pair(diarization: Service, asr: Service) -> list[str]:
    """The options that name the two endpoints."""
    return ["--diarization-endpoint", diarization.url, "--asr-endpoint", asr.url]


def by_two(diarization: Service, asr: Service, audio: Path, **options: object) -> Json:
    async def main() -> Json:
        async with AsyncPair(diarization.url, asr.url) as endpoints:
            return endpoints.read(await endpoints.answer(audio, options)).model_dump()

    return anyio.run(main)


@pytest.mark.parametrize("form", ["text", "srt", "vtt"])
@pytest.mark.parametrize("options", [{}, {"use_itn": False, "timestamps": "word"}])
def test_two_endpoints_say_what_a_bundle_says(  # noqa: PLR0917
    bundle: Service,
    diarization: Service,
    asr: Service,
    dialogue: Path,
    form: str,
    options: dict[str, object],
) -> None:
    options = {**options, "format": form, "known_speakers": {"Ada": str(COMMANDS)}}
    with Bundle(bundle.url) as endpoint:
        once = endpoint.transcribe(dialogue, **options).model_dump()
    twice = by_two(diarization, asr, dialogue, **options)
    for found in (once, twice):
        for varies in ("timings", "service"):
            del found[varies]
        for segment in found["segments"]:
            del segment["confidence"]  # of a part of a sentence nobody can tell it afterwards
    assert twice == once
    assert len({segment["speaker"] for segment in once["segments"]}) > 1


def test_each_endpoint_is_asked_for_what_it_knows(
    diarization: Service, asr: Service, dialogue: Path
) -> None:
    found = by_two(diarization, asr, dialogue, max_speakers=4, language="en", speech_threshold=0.5)
    first, second = (service.jobs()[-1]["input"] for service in (diarization, asr))
    del first["audio_base64"], second["audio_base64"]
    assert first == {"max_speakers": 4, "speech_threshold": 0.5}
    assert second == {"language": "en", "speech_threshold": 0.5, "timestamps": "word"}
    assert found["service"]["name"] == "diarization+asr"
    assert found["segments"][0]["words"] is None


def test_an_endpoint_that_has_answered_before_is_not_asked_again(
    diarization: Service, asr: Service
) -> None:
    ended = diarization.run({"audio_base64": base64.b64encode(COMMANDS.read_bytes()).decode()})

    class Half(Ledger):
        """What a run leaves that was stopped when the speakers were known."""

        def before(self, part: int) -> str | Json | None:
            return ended if part == 0 else None

    async def main() -> Json:
        async with AsyncPair(diarization.url, asr.url) as endpoints:
            return await endpoints.answer(COMMANDS, {}, Half())

    before = len(diarization.jobs())
    assert anyio.run(main)["turns"] == ended["output"]["turns"]
    assert len(diarization.jobs()) == before


def test_what_one_endpoint_cannot_read_fails_as_a_whole(
    diarization: Service, asr: Service, tmp_path: Path
) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no audio")
    with pytest.raises(errors.DecodeFailed):
        by_two(diarization, asr, tmp_path / "noise.wav")


@pytest.mark.parametrize("form", ["json", "srt", "vtt", "md", "txt"])
def test_every_format_has_the_names(
    bundle: Service, pair: list[str], dialogue: Path, tmp_path: Path, form: str
) -> None:
    known = ("--known", f"Ada={COMMANDS}", "--num-speakers", 1, "-f", form)
    found = []
    for folder, there in (("one", ["-e", bundle.url]), ("two", pair)):
        run = speech("transcribe", dialogue, *there, "-o", tmp_path / folder, *known)
        assert run.returncode == 0, run.stderr
        found.append((tmp_path / folder / f"dialogue.{form}").read_text("utf-8"))
    once, twice = found
    beginning = {
        "json": '{\n  "', "srt": "1\n00:00:00,", "vtt": "WEBVTT\n\n00:00:00.",
        "md": "# dialogue\n\n**Ada** (0:00): hello", "txt": "Ada: hello",
    }  # fmt: skip
    named = {"json": '"speaker": "Ada"', "srt": "\nAda: ", "vtt": "\n<v Ada>", "md": "", "txt": ""}
    assert once.startswith(beginning[form])
    assert named[form] in once
    if form == "json":
        assert json.loads(twice)["turns"] == json.loads(once)["turns"]
    else:
        assert twice == once


def test_json_text_and_minutes_are_written_from_the_same_job(
    bundle: Service, tmp_path: Path
) -> None:
    before = len(bundle.jobs())
    for form in ("json", "txt", "md"):
        run = speech("transcribe", COMMANDS, "-e", bundle.url, "-o", tmp_path, "-f", form)
        assert run.returncode == 0, run.stderr
    assert len(bundle.jobs()) == before + 1
    minutes = (tmp_path / "commands.md").read_text("utf-8").split("\n\n")
    assert minutes[1].startswith("**SPEAKER_00** (0:00): hello")
    assert minutes[2].startswith("**SPEAKER_01** (0:03): ")


def test_signs_of_markdown_are_said_not_meant(bundle: Service, tmp_path: Path) -> None:
    name = "[a](b) *c* _d_"
    (tmp_path / f"{name}.flac").write_bytes(COMMANDS.read_bytes())
    run = speech("transcribe", tmp_path / f"{name}.flac", "-e", bundle.url, "-f", "md")
    assert run.stdout.startswith(r"# \[a\](b) \*c\* \_d\_")


@pytest.mark.parametrize(
    ("verb", "has"), [("vad", "segments"), ("diarize", "turns"), ("asr", "text")]
)
def test_a_bundle_answers_the_other_commands_when_it_is_called_one(
    bundle: Service, verb: str, has: str
) -> None:
    run = speech(verb, SAMPLE, "-e", bundle.url, "--bundle")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)[has]


def test_sentences_of_a_bundle_are_printed_as_they_come(bundle: Service) -> None:
    run = speech("asr", COMMANDS, "-e", bundle.url, "--bundle", "--stream", "-f", "txt")
    assert len(run.stdout.splitlines()) == 6


def test_a_bundle_that_is_not_called_one_stops_the_run_and_nothing_has_failed(
    bundle: Service, corpus: Path, tmp_path: Path
) -> None:
    before = len(bundle.jobs())
    run = speech("vad", corpus, "-e", bundle.url, "-o", tmp_path)
    assert run.returncode == 1
    assert "wrong_endpoint: the endpoint is a bundle" in run.stderr
    assert len(bundle.jobs()) - before <= 8
    one = next(corpus.iterdir())
    assert speech("vad", one, "-e", bundle.url, "-o", tmp_path, "--bundle").returncode == 0


def segment(text: str, *words: str) -> dict[str, Any]:
    """A segment whose words last 400 ms, with 100 ms between them."""
    timed = [{"text": word, "start": n * 0.5, "end": n * 0.5 + 0.4} for n, word in enumerate(words)]
    return {"text": text, "words": timed, "start": 0.0, "end": timed[-1]["end"]}


@pytest.mark.parametrize(
    ("text", "words", "written"),
    [
        ('He said, "hi (you)!"', ["He", "said", "hi", "you"], ["He", " said,", ' "hi', ' (you)!"']),
        ("打开“空调”。好", ["打", "开", "空", "调", "好"], ["打", "开", "“空", "调”。", "好"]),
        ("It is - 5.", ["It", "is", "-5"], ["It", " is", " - 5."]),
        ("no no no", ["no", "no", "no"], ["no", " no", " no"]),
    ],
)
def test_words_are_written_as_the_text_has_them(
    text: str, words: list[str], written: list[str]
) -> None:
    found = [word.written for word in spoken(segment(text, *words))]
    assert found == written
    assert "".join(found) == text


def test_a_sentence_that_two_people_say_is_two() -> None:
    said = segment("Are you well? Yes.", "Are", "you", "well", "Yes")
    info = {"id": "m", "revision": None, "verified": False}
    common: dict[str, Any] = {
        "timings": {"fetch_s": 0.0, "decode_s": 0.1, "infer_s": 0.2, "rtf": 0.1},
        "model": info, "vad_model": info, "service": {"name": "s", "version": "1"},
        "duration_s": 3.0,
    }  # fmt: skip
    turns = [
        {"start": 0.0, "end": 1.4, "speaker": "Ada"},
        {"start": 1.4, "end": 2.0, "speaker": "Bob"},
    ]
    speakers = {**common, "turns": turns, "speakers": [], "num_speakers": 2, "speech_s": 2.0}
    text = {**common, "text": said["text"], "language": "en", "segments": [said]}
    found = transcript(speakers, text, {"format": "text"})
    told = [itemgetter("start", "end", "text", "speaker")(one) for one in found["segments"]]
    assert told == [(0.0, 1.4, "Are you well?", "Ada"), (1.5, 1.9, "Yes.", "Bob")]
    assert found["formatted"] == "Ada: Are you well?\nBob: Yes.\n"
    assert found["timings"] == {"fetch_s": 0.0, "decode_s": 0.2, "infer_s": 0.4, "rtf": 0.2}
