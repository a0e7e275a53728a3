"""The page in a real browser, over the emulator with real workers and tiny weights."""

from __future__ import annotations

import io
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import av
import httpx
import pytest
import soundfile
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as PageError

from playground.app import Playground
from playground.recordings import Recordings
from tests.client.conftest import Service, serving
from tests.waiting import until
from tools.workspace import ROOT, SAMPLE

PATIENCE_MS = 120_000  # a busy machine takes its time
expect.set_options(timeout=PATIENCE_MS)

SHOTS = ROOT / "out" / "playground"
CONVERSATION, SPOKEN = "a conversation", "spoken commands"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@contextmanager
def served(endpoints: Mapping[str, str], most_bytes: int = 2**31) -> Iterator[str]:
    """The page's URL, while the context lasts."""
    with ExitStack() as stack:
        recordings = stack.enter_context(Recordings.opened(most_bytes))
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        app = Playground(endpoints, recordings).app()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            until(lambda: server.started)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="package")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    """The endpoints, by their names."""
    with ExitStack() as stack:
        names = ("asr", "bundle")  # which has the other tasks
        yield {name: stack.enter_context(serving(name, tmp_path_factory)) for name in names}


@pytest.fixture(scope="package")
def playground(services: dict[str, Service]) -> Iterator[str]:
    """Where the page is."""
    with served({name: service.url for name, service in services.items()}) as url:
        yield url


@pytest.fixture
def program(playground: str) -> Iterator[httpx.Client]:
    """Asks the program as the page would."""
    with httpx.Client(base_url=playground, headers={"origin": playground}, timeout=60) as client:
        yield client


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def tab(browser: Browser, url: str, *, dark: bool = False, width: int = 1280) -> Iterator[Page]:
    """A tab with the page in it, which complains of nothing and asks nobody else for anything."""
    context = browser.new_context(
        base_url=url, viewport={"width": width, "height": 900}, reduced_motion="reduce",
        color_scheme="dark" if dark else "light", permissions=["clipboard-read", "clipboard-write"],
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("request", lambda sent: asked.append(sent.url))
    try:
        page.goto("/")
        try:
            page.get_by_role("radio", name="Speech").wait_for()
        except PageError as error:
            error.add_note(f"the page complains: {complaints}")
            raise
        yield page
        refused = "the server responded with a status of 4"  # the page tells the user itself
        assert not [words for words in complaints if refused not in words]
        assert all(one.startswith((url, f"blob:{url}", "data:")) for one in asked)
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser, playground: str) -> Iterator[Page]:
    """A tab with the page in it."""
    with tab(browser, playground) as page:
        yield page


def shot(page: Page, name: str) -> None:
    """Keep how the page looks, to be looked at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(200)  # for what is drawn with the next frame
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def ask(page: Page, task: str, sample: str) -> None:
    """Have one of the samples answered."""
    page.get_by_role("button", name=sample).click()
    page.get_by_role("radio", name=task).check(force=True)
    page.get_by_role("button", name="Run").click()


def answered(page: Page) -> str:
    """What the answer's headline says."""
    headline = page.locator("#headline")
    headline.wait_for()
    return headline.inner_text()


def lasting(seconds: int, folder: Path) -> Path:
    """The conversation over and over, for so long: MP3 frames may stand behind any others."""
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    once = io.BytesIO()
    plain = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(once, "w", format="mp3", options=plain) as target:
        stream = target.add_stream("libmp3lame", rate=rate, layout="mono", bit_rate=16_000)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16p", layout="mono")
        frame.rate = rate
        target.mux([*stream.encode(frame), *stream.encode(None)])
    path = folder / f"{seconds}.mp3"
    path.write_bytes(once.getvalue() * (seconds * rate // len(samples)))
    return path
