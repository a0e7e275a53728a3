"""The command: results in every format, exit codes, and what it says of itself."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from runpod_emulator.faults import Fault
from shared.formats import parse
from speech_endpoints.cli.app import app
from speech_endpoints.cli.files import NothingThere, recordings
from speech_endpoints.cli.options import parameters
from speech_endpoints.services import AsyncASR
from tests.client.conftest import Service
from tools.loopback import served
from tools.workspace import COMMANDS, SAMPLE


class Run(NamedTuple):
    """How a run of the command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def speech(*words: object, typed: bytes | None = None) -> Run:
    """The command, run in this process."""
    done = CliRunner().invoke(app, list(map(str, words)), input=typed, env={"COLUMNS": "200"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Run(done.exit_code, done.stdout, done.stderr)


def test_segments_go_to_standard_output(vad: Service) -> None:
    run = speech("vad", SAMPLE, "-e", vad.url, "-f", "csv", "--max-end-silence-ms", 300)
    assert run.returncode == 0, run.stderr
    assert len(parse(run.stdout, "csv")) > 4
    assert vad.jobs()[-1]["input"]["max_end_silence_ms"] == 300


def test_standard_input_is_a_recording_too(vad: Service) -> None:
    run = speech("vad", "-", "-e", vad.url, typed=SAMPLE.read_bytes())
    assert len(json.loads(run.stdout)["segments"]) == 4


def test_several_recordings_are_a_line_each_and_one_that_fails_is_told(
    vad: Service, tmp_path: Path
) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no audio")
    run = speech("vad", SAMPLE, tmp_path / "noise.wav", "-e", vad.url)
    assert run.returncode == 1
    (line,) = map(json.loads, run.stdout.splitlines())
    assert (line["file"], len(line["segments"])) == (str(SAMPLE), 4)
    assert "noise.wav: decode_failed: " in run.stderr
    assert "1 done, 1 failed" in run.stderr


def test_results_of_a_folder_lie_as_the_recordings_do(asr: Service, tmp_path: Path) -> None:
    (tmp_path / "in" / "day one").mkdir(parents=True)
    (tmp_path / "in" / "day one" / "a b.flac").write_bytes(COMMANDS.read_bytes())
    (tmp_path / "in" / "notes.txt").write_text("not audio")
    for form in ("srt", "vtt", "txt", "csv"):
        run = speech("asr", tmp_path / "in", "-e", asr.url, "-o", tmp_path / "out", "-f", form)
        assert run.returncode == 0, run.stderr
    found = {path.suffix: path.read_text() for path in (tmp_path / "out" / "day one").iterdir()}
    assert found[".srt"].startswith("1\n00:00:00,")
    assert found[".vtt"].startswith("WEBVTT\n")
    assert "play music" in found[".txt"]
    assert len(list(csv.reader(io.StringIO(found[".csv"])))) == 7


def test_sentences_are_printed_as_they_come(asr: Service) -> None:
    run = speech("asr", COMMANDS, "-e", asr.url, "--stream", "-f", "txt")
    assert len(run.stdout.splitlines()) == 6


def test_a_voice_is_known_by_its_recording(diarization: Service, tmp_path: Path) -> None:
    known = f"Ada={SAMPLE}"
    run = speech(
        "diarize", SAMPLE, "-e", diarization.url, "-f", "rttm", "--known", known,
        "--num-speakers", 1,
    )  # fmt: skip
    assert {span.label for span in parse(run.stdout, "rttm")} == {"Ada"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["vad", "nowhere.wav", "-e", "http://localhost:1"], "no such file"),
        (["vad", str(SAMPLE), "-e", "http://localhost:1", "-f", "srt"], "srt"),
        (["vad", str(SAMPLE), "-e", "http://localhost:1", "--pad-ms", "-1"], "pad_ms"),
        (["vad", str(SAMPLE), "-e", "not an endpoint"], "an id of RunPod's or a URL"),
        (["vad", str(SAMPLE)], "endpoint"),
        (["vad", str(SAMPLE), "-e", "http://localhost:1", "--gpu", "ABACUS"], "AMPERE_16"),
        (["vad", str(SAMPLE), str(COMMANDS), "-e", "http://localhost:1", "-f", "csv"], "-o FOLDER"),
        (["diarize", str(SAMPLE), "-e", "http://localhost:1", "--known", "Ada"], "NAME=FILE"),
        (["transcribe", str(SAMPLE)], "give --endpoint"),
        (["transcribe", str(SAMPLE), "--asr-endpoint", "http://localhost:1"], "--diarization-endp"),
        (
            ["transcribe", str(SAMPLE), "-e", "http://localhost:1", "--num-speakers", "0"],
            "num_spea",
        ),
        (["transcribe", str(SAMPLE), "-e", "http://localhost:1", "-f", "rttm"], "rttm"),
    ],
)
def test_wrong_usage_is_2_and_sends_nothing(words: list[str], told: str) -> None:
    run = speech(*words)
    assert run.returncode == 2
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_a_key_that_is_refused_stops_the_run_at_once(vad: Service, corpus: Path) -> None:
    since = len(vad.events)
    with vad.going_wrong(Fault("runsync", status=401)):
        run = speech("vad", corpus, "-e", vad.url)
    assert run.returncode == 1
    assert "not_authorised" in run.stderr
    assert len(vad.routes(since)) <= 8


def test_a_result_that_cannot_be_written_stops_the_run(vad: Service, tmp_path: Path) -> None:
    (tmp_path / "conversation.json").mkdir()
    run = speech("vad", SAMPLE, "-e", vad.url, "-o", tmp_path)
    assert run.returncode == 1
    assert "cannot_write" in run.stderr


def test_a_secret_in_a_url_is_not_shown(vad: Service, tmp_path: Path) -> None:
    run = speech("vad", "http://127.0.0.1:1/a.wav?token=SECRET", "-e", vad.url, "-o", tmp_path)
    assert "http://127.0.0.1:1/a.wav: fetch_failed" in run.stderr
    assert "SECRET" not in run.stderr + run.stdout
    assert b"SECRET" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_every_option_of_a_service_is_an_option() -> None:
    named = {parameter.name for parameter in parameters(AsyncASR.request)}
    assert {"language", "use_itn", "timestamps", "vad", "channel", "max_segment_s"} <= named


def test_a_shell_can_complete_it() -> None:
    run = speech("--help")
    assert "--install-completion" in run.stdout


def test_recordings_are_named_after_their_files(tmp_path: Path) -> None:
    for name in ("a.wav", "a.mp3", "sub/b.flac", "sub/.hidden.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = recordings([str(tmp_path), str(tmp_path / "*.wav"), "https://h/x.ogg?token=1", "-"])
    assert [recording.name for recording in found] == ["a.mp3", "a.wav", "sub/b", "x", "stdin"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingThere, match="no audio"):
        recordings([str(tmp_path / "empty")])


def test_no_two_recordings_have_one_result(tmp_path: Path) -> None:
    for place in (
        "one/a.wav",
        "two/a.wav",
        "one/B.flac",
        "two/b.flac",
        "one/c.wav",
        "one/c.wav.mp3",
    ):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()
    urls = [f"https://{host}/{'x' * 5000}.wav?token=1" for host in ("one", "two")]
    named = [str(tmp_path / "one"), str(tmp_path / "two"), *urls]
    found = [recording.name for recording in recordings(named)]
    assert len({name.casefold() for name in found}) == len(found) == 8
    assert max(map(len, found)) < 100
    assert found == [recording.name for recording in recordings(named)]


def test_the_doctor_finds_nothing_wrong_with_what_works(vad: Service) -> None:
    run = speech("doctor", SAMPLE, "-e", vad.url)
    assert run.returncode == 0, run.stdout
    assert "vad 0.1.0, model tiny-1" in run.stdout
    assert "is sent as it is" in run.stdout


def test_the_doctor_knows_a_bundle_when_it_sees_one(bundle: Service) -> None:
    run = speech("doctor", "-e", bundle.url)
    assert run.returncode == 0, run.stdout
    assert "bundle 0.1.0, model tiny-1; `speech transcribe`" in run.stdout


def test_the_doctor_says_how_to_mend_it(tmp_path: Path, vad: Service) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    run = speech("doctor", tmp_path / "empty.wav", "-e", "http://localhost:1/v2/vad")
    assert run.returncode == 1
    assert "the audio is empty" in run.stdout
    assert "nox -s serve" in run.stdout
    with vad.going_wrong(Fault("health", status=401)):
        run = speech("doctor", "-e", vad.url)
    assert "another account" in run.stdout


def test_a_url_is_printed_without_its_query(vad: Service) -> None:
    with served(SAMPLE) as url:
        run = speech("doctor", f"{url}?token=SECRET", "-e", vad.url, "--no-job")
    assert "SECRET" not in run.stdout
