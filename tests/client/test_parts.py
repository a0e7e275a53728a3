"""Audio too large for a request is packed, cut where it is quiet, and put together again."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from speech_endpoints import ASR, VAD, Bundle, Diarization
from speech_endpoints import jobs as limits
from speech_endpoints.audio import Fit, parts_of
from speech_endpoints.merge import Heard, merge_segments, merge_texts
from speech_endpoints.packing import quietest
from speech_endpoints.vendored.shared import errors
from tests.client.conftest import Service
from tools.workspace import COMMANDS, SAMPLE

SECOND = 16_000


def decoded(part: dict[str, str]) -> np.ndarray:
    data = base64.b64decode(part["audio_base64"])
    with av.open(io.BytesIO(data), "r") as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
    samples: np.ndarray = np.concatenate(frames, axis=1)[0]
    return samples


@pytest.fixture
def twelve_minutes(tmp_path: Path) -> Path:
    """23 MB, which is too large for any request."""
    path = tmp_path / "long.wav"
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    soundfile.write(path, np.tile(samples, 36), rate)
    return path


def test_large_audio_is_sent_as_flac(vad: Service, twelve_minutes: Path) -> None:
    with VAD(vad.url) as endpoint:
        result = endpoint.run(twelve_minutes)
    assert result.duration_s == pytest.approx(36 * 20.3, abs=0.5)
    assert len(result.segments) >= 36 * 3
    for job in vad.jobs()[-3:]:
        if "audio_base64" in job["input"]:
            assert len(job["input"]["audio_base64"]) < limits.RUN_BYTES


@pytest.fixture
def small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if RunPod took no more than a quarter of a megabyte."""
    monkeypatch.setattr(limits, "RUN_BYTES", 250_000)
    monkeypatch.setattr(limits, "RUNSYNC_BYTES", 250_000)


@pytest.mark.usefixtures("small_requests")
def test_segments_are_those_of_the_whole(vad: Service, tmp_path: Path) -> None:
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    soundfile.write(tmp_path / "minute.wav", np.tile(samples, 3), rate)
    before = len(vad.jobs())
    with VAD(vad.url) as endpoint:
        result = endpoint.run(tmp_path / "minute.wav", format="csv")
    assert len(vad.jobs()) - before > 2
    once = vad.run({"audio": base64.b64encode(SAMPLE.read_bytes()).decode()})["output"]["segments"]
    expected = [s["start"] + turn * 20.3 for turn in range(3) for s in once]
    assert [s.start for s in result.segments] == pytest.approx(expected, abs=0.15)
    assert result.formatted is not None
    assert len(result.formatted.splitlines()) == len(expected) + 1


@pytest.mark.usefixtures("small_requests")
def test_texts_and_subtitles_go_on_where_the_last_part_ended(asr: Service, tmp_path: Path) -> None:
    samples, rate = soundfile.read(COMMANDS, dtype="int16")
    soundfile.write(tmp_path / "commands.wav", np.tile(samples, 2), rate)
    with ASR(asr.url) as endpoint:
        whole = endpoint.run(tmp_path / "commands.wav", format="srt", timestamps="word")
        openai = endpoint.run(tmp_path / "commands.wav", format="verbose_json", timestamps="word")
        *streamed, last = endpoint.stream(tmp_path / "commands.wav", timestamps="word")
    assert [s.model_dump() for s in streamed] == [s.model_dump() for s in whole.segments]
    assert len(whole.segments) == 12
    assert whole.segments[6].start == pytest.approx(whole.segments[0].start + 20.94, abs=0.2)
    assert whole.formatted is not None
    numbers = [line for line in whole.formatted.splitlines() if line.isdigit()]
    assert numbers == [str(n) for n in range(1, 13)]
    assert whole.text.count("play music") == last.text.count("play music") == 2

    verbose = openai.verbose_json
    assert verbose is not None
    assert verbose.words is not None
    assert (verbose.text, verbose.duration) == (whole.text, openai.duration_s)
    assert [(s.id, s.seek, s.text) for s in verbose.segments] == [
        (number, round(segment.start * 1000) // 10, segment.text)
        for number, segment in enumerate(openai.segments)
    ]
    spoken = [word for segment in openai.segments for word in segment.words or []]
    assert [(w.word, w.start) for w in verbose.words] == [(w.text, w.start) for w in spoken]


@pytest.mark.usefixtures("small_requests")
def test_speakers_are_not_told_apart_in_parts(diarization: Service) -> None:
    samples, rate = soundfile.read(SAMPLE, dtype="float32")
    with Diarization(diarization.url) as endpoint:
        found = endpoint.run((np.tile(samples, 2), rate))  # as Opus it fits
        assert found.num_speakers == 2
        with pytest.raises(errors.AudioTooLarge, match="https:// URL"):
            endpoint.run((np.tile(samples, 9), rate))


@pytest.mark.usefixtures("small_requests")
def test_of_a_bundle_texts_are_put_together_and_speakers_stay_in_one_job(
    bundle: Service, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(COMMANDS, dtype="int16")
    soundfile.write(tmp_path / "commands.wav", np.tile(samples, 2), rate)
    with Bundle(bundle.url) as endpoint:
        assert endpoint.asr(tmp_path / "commands.wav").text.count("play music") == 2
        jobs = bundle.jobs()
        assert len(jobs) > 1
        assert {job["input"]["task"] for job in jobs[-2:]} == {"asr"}
        found = endpoint.transcribe(tmp_path / "commands.wav")  # as Opus it fits
        assert len(bundle.jobs()) == len(jobs) + 1
        assert found.num_speakers == 2
        with pytest.raises(errors.AudioTooLarge, match="https:// URL"):
            endpoint.transcribe((np.tile(samples, 9), rate))


@pytest.mark.usefixtures("small_requests")
def test_what_cannot_be_put_together_is_refused_before_it_is_paid_for(vad: Service) -> None:
    samples, rate = soundfile.read(SAMPLE, dtype="float32")
    before = len(vad.jobs())
    with VAD(vad.url) as endpoint, pytest.raises(errors.InvalidInput, match="return_scores"):
        endpoint.run((np.tile(samples, 3), rate), return_scores=True)
    assert len(vad.jobs()) == before


def test_parts_are_all_of_the_recording() -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 60 * SECOND).astype(np.int16)
    parts = list(parts_of((noise, SECOND), Fit(300_000)))
    assert len(parts) > 4
    assert np.array_equal(np.concatenate([decoded(part.input) for part in parts]), noise)
    offsets = np.cumsum([0, *(len(decoded(part.input)) for part in parts[:-1])]) / SECOND
    assert [part.offset_s for part in parts] == pytest.approx(offsets.tolist())


def test_a_cut_is_where_it_is_quiet() -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 20 * SECOND).astype(np.int16)
    noise[12 * SECOND : 13 * SECOND] //= 100
    assert quietest(noise, 8 * SECOND, 20 * SECOND) / SECOND == pytest.approx(12.5, abs=0.4)


def test_the_channel_is_chosen_before_packing() -> None:
    noise = np.random.default_rng(1).normal(0, 3000, (20 * SECOND, 2)).astype(np.int16)
    (left,) = parts_of((noise, SECOND), Fit(600_000, channel="left"))
    assert np.array_equal(decoded(left.input), noise[:, 0])
    with pytest.raises(errors.InvalidInput, match="2 channels"):
        list(parts_of((noise, SECOND), Fit(600_000, channel=2)))


def test_the_sound_of_a_video_is_what_is_sent(tmp_path: Path) -> None:
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    path = tmp_path / "video.mp4"
    with av.open(str(path), "w") as file:
        picture, sound = file.add_stream("mpeg4", rate=10), file.add_stream("aac", rate=rate)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        for _ in range(10):
            file.mux(picture.encode(av.VideoFrame(64, 64, "yuv420p")))
        frame = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
        frame.rate = rate
        file.mux(sound.encode(frame))
        file.mux([*picture.encode(None), *sound.encode(None)])
    (part,) = parts_of(path, Fit(path.stat().st_size - 1, "opus"))
    assert len(decoded(part.input)) / 48_000 == pytest.approx(20.3, abs=0.2)


def test_what_is_no_audio_is_not_sent_when_it_is_large(tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(b"nothing" * 1000)
    with pytest.raises(errors.DecodeFailed):
        list(parts_of(tmp_path / "noise.bin", Fit(1000)))


def heard(offset_s: float, *spans: tuple[float, float], text: str = "") -> Heard:
    """A part of twelve seconds, of which ten are its own."""
    timings = {"fetch_s": 0.0, "decode_s": 0.6, "infer_s": 0.6, "rtf": 0.1}
    segments = [{"start": start, "end": end, "language": "en"} for start, end in spans]
    found = {"segments": segments, "duration_s": 12.0, "timings": timings, "text": text}
    return Heard(offset_s, found, (offset_s and offset_s + 2, offset_s + 10))


def test_a_segment_that_was_cut_is_one_and_what_two_parts_heard_counts_once() -> None:
    first, second = heard(0, (1, 2), (8, 11), (11.5, 12)), heard(8, (0, 3), (3.5, 4), (5, 6))
    whole = merge_segments([first, second], {})
    assert [(s["start"], s["end"]) for s in whole["segments"]] == [
        (1, 2), (8, 11), (11.5, 12), (13, 14),
    ]  # fmt: skip
    assert (whole["duration_s"], whole["speech_s"]) == (20.0, 5.5)


def test_where_it_is_silent_at_a_cut_nothing_is_joined() -> None:
    whole = merge_segments([heard(0, (8, 9.5), (10.4, 12)), heard(8, (0, 1.4), (2.5, 4))], {})
    assert [(s["start"], s["end"]) for s in whole["segments"]] == [(8, 9.5), (10.5, 12)]


def test_texts_are_joined_as_they_are_written() -> None:
    parts = [heard(0, (1, 2), text="hello."), heard(10, text=""), heard(20, (0, 1), text="你好。")]
    assert merge_texts(parts, {"format": "text"})["formatted"] == "hello.你好。\n"
