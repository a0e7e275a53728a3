"""The page, as somebody uses it who has a recording. Each state is kept in out/playground."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from runpod_emulator.faults import Fault
from speech_endpoints import ASR
from tests.client.conftest import Service
from tests.playground.conftest import (
    CONVERSATION,
    SPOKEN,
    answered,
    ask,
    lasting,
    served,
    shot,
    tab,
)
from tests.waiting import until
from tools.workspace import CLIENT, COMMANDS

NOWHERE = "http://127.0.0.1:9/v2"


def heard_s(page: Page) -> float:
    """How far it has been played."""
    return float(page.locator("#audio").evaluate("audio => audio.currentTime"))


def test_an_empty_page_says_what_to_do(page: Page) -> None:
    expect(page.get_by_text("Drop a recording here")).to_be_visible()
    expect(page.get_by_role("button", name="Run")).to_be_disabled()
    shot(page, "empty")


def test_a_page_that_has_not_loaded_completely_says_so(browser: Browser, playground: str) -> None:
    page = browser.new_page(base_url=playground)
    page.route("**/words.js", lambda route: route.abort())  # as when the network changes meanwhile
    page.goto("/")
    link = page.get_by_role("link", name="Load it again")
    link.wait_for()
    shot(page, "late")
    page.unroute_all()
    link.click()
    page.get_by_role("radio", name="Text").wait_for()
    expect(link).to_have_count(0)
    page.close()


@pytest.mark.parametrize(
    ("task", "sample", "says"),
    [
        ("Speech Where", CONVERSATION, r"4 segments: 16\.\d\ss of speech, 79\s% of the recording"),
        ("Speakers", CONVERSATION, r"2 speakers, 8 turns"),
        ("Text", SPOKEN, r"6 segments: 12\.\d\ss"),
        ("Transcript", SPOKEN, r"\d speakers?, \d+ segments"),
    ],
)
def test_a_task_is_answered(page: Page, task: str, sample: str, says: str) -> None:
    ask(page, task, sample)
    assert re.match(says, answered(page))
    expect(page.locator("#numbers")).to_contain_text("Cost on RunPod")
    expect(page.locator(".row").first).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Done.")
    shot(page, f"result-{task.split(maxsplit=1)[0].lower()}")


def test_text_appears_while_it_is_recognised(page: Page, services: dict[str, Service]) -> None:
    with services["asr"].going_wrong(Fault("job-done", delay_s=4.0)):
        ask(page, "Text", SPOKEN)
        heard = page.get_by_role("log")
        expect(heard).to_contain_text("play music")
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        expect(page.locator("#headline")).to_be_hidden()
        shot(page, "heard")
        assert "6 segments" in answered(page)
    expect(heard).to_be_hidden()
    with services["asr"].going_wrong(Fault("job-done", delay_s=4.0)):
        page.get_by_role("button", name="Run").click()
        expect(heard).to_contain_text("hello")
        expect(heard.get_by_text("hello")).to_have_count(1)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("status")).to_have_text("Cancelled.")
    until(lambda: services["asr"].jobs()[-1]["status"] == "CANCELLED")


def test_words_are_played_where_they_are(page: Page) -> None:
    page.get_by_role("button", name=SPOKEN).click()
    page.get_by_role("radio", name="Text").check(force=True)
    page.get_by_text("Options").click()
    page.get_by_label("Timestamps").select_option("word")
    expect(page.locator("#options-count")).to_have_text("1 changed")
    shot(page, "options")
    page.get_by_role("button", name="Run").click()
    assert "6 segments" in answered(page)
    word = page.locator(".word").filter(has_text="music")
    start = float(word.get_attribute("data-start") or "nan")
    word.click()
    expect(page.locator("#row-4")).to_have_attribute("aria-selected", "true")
    until(lambda: heard_s(page) > 15.7)
    audio = page.locator("#audio")
    expect(audio).to_have_js_property("paused", True)  # at the segment's end
    audio.evaluate("(audio, s) => { audio.currentTime = s; }", start + 0.01)
    expect(word).to_have_class("word now")


def test_a_stretch_is_played_by_a_click_in_its_lane(page: Page) -> None:
    ask(page, "Speakers", CONVERSATION)
    answered(page)
    box = page.locator("#lanes").bounding_box()
    wave = page.locator("#wave").bounding_box()
    assert box
    assert wave
    # The second speaker's lane, in the middle of the second turn.
    page.mouse.click(box["x"] + box["width"] * 4.5 / 20.3, wave["y"] + wave["height"] + 8 + 32 + 14)
    expect(page.locator("#audio")).to_have_js_property("paused", False)
    expect(page.locator("#row-1")).to_have_attribute("aria-selected", "true")


def test_everything_works_with_the_keyboard_alone(page: Page) -> None:
    def go_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focus = page.evaluate("""() => {
                const { textContent, id, value } = document.activeElement;
                return [textContent, id, value];
            }""")
            if name in {str(what).strip() for what in focus}:
                return
        raise AssertionError(name)

    go_to("a conversation")
    page.keyboard.press("Enter")
    page.locator("#player").wait_for()
    page.keyboard.press("Home")
    go_to("vad")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Speakers")).to_be_checked()
    shot(page, "keyboard")
    go_to("Run")
    page.keyboard.press("Enter")
    assert "2 speakers" in answered(page)
    go_to("list")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#audio")).to_have_js_property("paused", False)
    expect(page.locator("#row-1")).to_have_attribute("aria-selected", "true")
    page.locator("#stage").focus()
    page.keyboard.press(" ")
    expect(page.locator("#audio")).to_have_js_property("paused", True)
    page.keyboard.press("End")
    expect(page.locator("#stage")).to_have_attribute("aria-valuenow", "20.3")


def test_what_is_saved_is_the_answer(page: Page, tmp_path: Path) -> None:
    ask(page, "Speakers", CONVERSATION)
    answered(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="rttm").click()
    assert download.value.suggested_filename == "conversation.rttm"
    download.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_text().startswith("SPEAKER conversation 1 0.530 2.220 ")


def test_the_same_call_from_elsewhere_gives_the_same(
    page: Page, services: dict[str, Service], tmp_path: Path
) -> None:
    (tmp_path / "it's.flac").write_bytes(COMMANDS.read_bytes())
    page.locator("#file").set_input_files(tmp_path / "it's.flac")
    page.get_by_role("radio", name="Text").check(force=True)
    page.get_by_text("Options").click()
    page.get_by_label("Language").select_option("en")
    page.get_by_label("Use ITN").uncheck()
    page.get_by_text("The same call").click()
    with ASR(services["asr"].url) as asr:
        wanted = asr.run(COMMANDS, language="en", use_itn=False).text
    for way in ("curl", "Python", "speech"):
        page.get_by_role("tab", name=way).click()
        page.get_by_role("button", name="Copy", exact=True).click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        expect(page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
        call = page.evaluate("navigator.clipboard.readText()")
        texts = re.findall(r'"text": ?("(?:[^"\\]|\\.)*")', printed(way, call, tmp_path))
        assert wanted in map(json.loads, texts), way


def printed(way: str, call: str, folder: Path) -> str:
    """What a call prints that is made in a folder."""
    run = [sys.executable, "-c"] if way == "Python" else ["bash", "-euc"]
    call = re.sub("^speech", f"{sys.executable} -m speech_endpoints", call)
    found = subprocess.run(
        [*run, call], cwd=folder, env={"PYTHONPATH": str(CLIENT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_an_option_out_of_its_range_is_shown_and_not_sent(
    page: Page, services: dict[str, Service]
) -> None:
    before = len(services["bundle"].jobs())
    page.get_by_role("button", name=CONVERSATION).click()
    page.locator("#player").wait_for()
    page.get_by_text("Options").click()
    page.get_by_label("Pad").fill("60001")
    page.get_by_text("Options").click()
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_label("Pad")).to_be_visible()
    assert page.evaluate("document.querySelector('#ask').matches(':invalid')")
    assert len(services["bundle"].jobs()) == before


def test_what_is_no_recording_is_an_error(page: Page, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all")
    page.locator("#file").set_input_files(tmp_path / "letter.txt")
    expect(page.get_by_role("alert")).to_contain_text("decode_failed")
    shot(page, "error")


def test_an_endpoint_that_is_not_there_is_an_error_that_can_be_tried_again(
    browser: Browser,
) -> None:
    with served({"vad": f"{NOWHERE}/vad"}) as url, tab(browser, url) as page:
        page.get_by_role("button", name=CONVERSATION).click()
        page.get_by_role("button", name="Run").click()
        alert = page.get_by_role("alert")
        alert.wait_for()
        expect(alert).to_contain_text("unreachable")
        expect(page.locator("#endpoint")).to_contain_text("cannot be reached")
        shot(page, "error-endpoint")
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()


def test_a_job_that_is_cancelled_ends_on_the_endpoint_too(
    page: Page, services: dict[str, Service], tmp_path: Path
) -> None:
    page.locator("#file").set_input_files(lasting(1200, tmp_path))
    page.get_by_role("radio", name="Speakers").check(force=True)
    page.get_by_role("button", name="Run").click()
    page.locator("#busy-words").get_by_text(re.compile("Working|Waiting")).wait_for()
    shot(page, "busy")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_have_text("Cancelled.")
    until(lambda: services["bundle"].jobs()[-1]["status"] == "CANCELLED")
    expect(page.get_by_role("button", name="Run")).to_be_enabled()


def test_an_hour_with_thousands_of_segments_is_few_elements(page: Page, tmp_path: Path) -> None:
    page.locator("#file").set_input_files(lasting(3600, tmp_path))
    page.locator("#player").wait_for()
    page.get_by_text("Options").click()
    page.get_by_label("Max segment").fill("1")
    page.get_by_role("button", name="Run").click()
    count = int(re.sub(r"\D", "", answered(page).split()[0]))
    assert count > 2000

    def elements() -> int:
        inside = "document.querySelector('#wave > div').shadowRoot.querySelectorAll('*').length"
        return int(page.evaluate(f"document.querySelectorAll('*').length + {inside}"))

    assert elements() < 1500
    shot(page, "hour")
    page.locator("#zoom").fill("70")
    page.locator("#list").focus()
    page.keyboard.press("End")
    expect(page.locator(f"#row-{count - 1}")).to_be_visible()
    page.keyboard.press("Enter")
    until(lambda: heard_s(page) > 3500)
    assert elements() < 1500
    page.locator("#play").click()
    shot(page, "hour-end")


def test_a_voice_can_be_recorded(page: Page) -> None:
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Stop").click(delay=500)
    expect(page.locator("#name")).to_have_text("recording.webm")
