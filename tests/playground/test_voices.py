"""Voices that the page knows: taken from a stretch of a recording, or from a file."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from tests.playground.conftest import CONVERSATION, answered, ask, shot
from tests.playground.test_page import printed
from tests.playground.test_program import answer, given
from tools.workspace import SAMPLE


def test_a_voice_is_known_from_a_stretch_or_from_a_file(page: Page, tmp_path: Path) -> None:
    ask(page, "Speakers", CONVERSATION)
    answered(page)
    page.get_by_text("Known voices", exact=True).click()
    take = page.get_by_role("button", name="From the chosen stretch")
    expect(take).to_be_disabled()
    page.get_by_label("Name", exact=True).fill("Ada")
    take.click()
    expect(page.locator("#voice-said")).to_contain_text("Choose a stretch")
    page.locator("#row-1").click()
    take.click()
    known = page.get_by_role("list", name="Known voices").get_by_role("listitem")
    expect(known).to_contain_text("conversation.flac, 0:03.1")
    with page.expect_download() as saved:
        known.get_by_role("link").click()
    assert saved.value.suggested_filename == "Ada.flac"
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#legend")).to_contain_text("Ada")
    expect(page.locator("#row-1")).to_contain_text("Ada")
    expect(page.locator("#row-0")).to_contain_text("SPEAKER_00")
    shot(page, "voices")

    known.get_by_role("button", name="Remove Ada").click()
    expect(known).to_have_count(0)
    saved.value.save_as(tmp_path / "bob.flac")
    (tmp_path / "letter.txt").write_text("Dear all")
    page.get_by_label("Name", exact=True).fill("Bob")
    page.locator("#voice-file").set_input_files(tmp_path / "letter.txt")
    expect(page.locator("#voice-said")).to_contain_text("not audio")
    page.locator("#voice-file").set_input_files(tmp_path / "bob.flac")
    expect(known).to_contain_text("bob.flac")
    page.get_by_role("radio", name="Text").check(force=True)
    expect(known).to_be_hidden()  # this task knows no voices
    page.get_by_role("radio", name="Transcript").check(force=True)
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#legend")).to_contain_text("Bob")


def test_the_same_call_from_elsewhere_knows_the_voices(page: Page, tmp_path: Path) -> None:
    for name in ("talk.flac", "ada.flac"):
        (tmp_path / name).write_bytes(SAMPLE.read_bytes())
    page.locator("#file").set_input_files(tmp_path / "talk.flac")
    page.get_by_role("radio", name="Speakers").check(force=True)
    page.get_by_text("Known voices", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Ada")
    page.locator("#voice-file").set_input_files(tmp_path / "ada.flac")
    page.get_by_text("The same call").click()
    for way in ("curl", "Python", "speech"):
        page.get_by_role("tab", name=way).click()
        expect(page.locator("#call")).to_contain_text("ada.flac")
        assert '"Ada"' in printed(way, page.locator("#call").inner_text(), tmp_path)


def test_a_stretch_is_a_recording_of_its_own(program: httpx.Client) -> None:
    whole = given(program, SAMPLE.read_bytes())
    asked = {"name": "../Ada", "start": 3.09, "end": 6.08}
    taken = program.post(f"/recordings/{whole}/stretches", json=asked).raise_for_status().json()
    assert (taken["name"], taken["duration_s"]) == ("Ada.flac", 2.99)
    saved = program.get(f"/recordings/{taken['id']}")
    assert 'filename="Ada.flac"' in saved.headers["content-disposition"]
    samples, rate = soundfile.read(io.BytesIO(saved.content))
    wanted, _ = soundfile.read(SAMPLE)
    assert np.array_equal(samples, wanted[round(3.09 * rate) : round(6.08 * rate)])


@pytest.mark.parametrize(
    "stretch",
    [
        {"start": 2, "end": 1}, {"start": -1, "end": 1}, {"start": 0, "end": 61}, {"start": 0},
        {"start": 50, "end": 51}, {"start": "0", "end": "1"},
    ],
)  # fmt: skip
def test_a_stretch_that_is_not_there_is_refused(
    program: httpx.Client, stretch: dict[str, object]
) -> None:
    recording = given(program)
    asked = {"name": "Ada", **stretch}
    for number in (recording, "gone"):
        reply = program.post(f"/recordings/{number}/stretches", json=asked)
        assert (reply.status_code, reply.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("task", ["diarization", "transcribe"])
def test_a_known_voice_has_its_name(program: httpx.Client, task: str) -> None:
    whole = given(program, SAMPLE.read_bytes())
    asked = {"name": "Ada", "start": 3.09, "end": 6.08}
    voice = program.post(f"/recordings/{whole}/stretches", json=asked).json()["id"]
    told = answer(program, task, whole, voices={"Ada": voice})
    labels = [speaker["label"] for speaker in told["result"]["speakers"]]
    assert labels == ["SPEAKER_00", "Ada"]


@pytest.mark.parametrize("voices", [{"Ada": "gone"}, {"Ada": 1}, ["Ada"]])
def test_a_voice_that_is_not_there_is_refused(program: httpx.Client, voices: object) -> None:
    question = {"task": "diarization", "recording": given(program), "voices": voices}
    for path in ("/jobs", "/calls"):
        reply = program.post(path, json=question)
        assert (reply.status_code, reply.json()["code"]) == (400, "invalid_input")
