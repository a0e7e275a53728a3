"""The command blocks of the READMEs do what they say; only hosts are swapped for local doubles."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tools.demo import SAMPLES
from tools.environment import is_current
from tools.images.base import NAME
from tools.images.engine import EngineError, connect, find_image
from tools.loopback import served
from tools.workspace import COMMANDS, ROOT, SAMPLE, service_names

SERVER = "http://localhost:8000"
REMOTE = "https://example.com/speech.wav"


@pytest.fixture(scope="module", autouse=True)
def environment() -> None:
    """The commands prepare the environment, so it must be the one these tests run in, as it is."""
    if not is_current("dev"):
        pytest.fail("the environment is out of date: run `nox -s test`, not pytest by itself")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def shell(script: str) -> subprocess.CompletedProcess[str]:
    """Run a block as a reader would, with the environment's nox, uv and curl."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT, env={**os.environ, "PATH": path, "RUNPOD_API_KEY": "test"},
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """An endpoint, served on a free port by the README's own command, as it is or for another."""
    (block,) = [block for block in blocks("README.md", "bash") if "serve-vad" in block]
    command = block.replace("vad", request.param)
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", *command.split(), "--", "--port", str(port)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "SPEECH_ALLOW_HTTP": "1", "SPEECH_ALLOW_PRIVATE": "1"},
    )  # fmt: skip
    try:
        yield _answering(port)
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def _answering(port: int) -> str:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=5):
            return f"http://localhost:{port}"
        time.sleep(0.1)
    raise TimeoutError(port)


RUNNABLE = [
    block
    for block in blocks("README.md", "bash")
    if not any(elsewhere in block for elsewhere in ("-s test", "serve-vad", "build-vad", SERVER))
]


@pytest.mark.parametrize("script", RUNNABLE, ids=lambda script: script.strip().splitlines()[-1])
def test_a_command_of_the_readme_succeeds(script: str) -> None:
    if "uvx" in script and shell("uvx nox --version").returncode:
        pytest.skip("uvx fetches nox from the package index, which cannot be reached")
    run = shell(script)
    assert run.returncode == 0, run.stderr
    assert "segments" in run.stdout


def test_the_demo_writes_what_the_readme_says() -> None:
    assert shell("nox -s demo").returncode == 0
    written = {path.name for path in (ROOT / "out" / "demo").iterdir()}
    of_speech = ("json", "rttm", "csv", "audacity.txt")
    endings = {"asr": ("json", "srt", "vtt")}
    for name in SAMPLES:
        assert {f"{name}.{end}" for end in endings.get(name, of_speech)} <= written


def numbers(text: str) -> list[list[float]]:
    """The rows of the tables: number, start, end, length, and in the second who speaks."""
    rows = (line.split() for line in text.splitlines())
    return [list(map(float, row[:4])) for row in rows if len(row) in {4, 5} and row[0].isdigit()]


def test_the_demos_output_is_the_one_the_readme_shows() -> None:
    shown = next(block for block in blocks("README.md", "text") if "speech  " in block)
    printed = shell("COLUMNS=88 nox -s demo").stdout

    rows = [numbers(text) for text in (shown, printed)]
    assert len(rows[0]) == len(rows[1]) >= 4
    for ours, theirs in zip(*rows, strict=True):
        assert ours == pytest.approx(theirs, abs=0.07), "another processor may differ by a frame"


def test_json_output_is_alone_on_stdout() -> None:
    script = next(block for block in RUNNABLE if "--json" in block)
    assert json.loads(shell(script).stdout)["segments"]


PAGES = [
    ("vad", "README.md"),
    *((name, f"services/{name}/README.md") for name in service_names()),
]


@pytest.mark.parametrize(("server", "page"), PAGES, indirect=["server"])
def test_the_curl_call_is_answered(page: str, server: str) -> None:
    (script,) = [block for block in blocks(page, "bash") if SERVER in block]
    with served(COMMANDS if re.search("asr|bundle", page) else SAMPLE) as audio:
        run = shell(script.replace(SERVER, server).replace(REMOTE, audio))
    job = json.loads(run.stdout)
    assert job["status"] == "COMPLETED"
    # What a generator gives is gathered: the full result is the last item.
    output = job["output"][-1] if isinstance(job["output"], list) else job["output"]
    assert output["speech_s"] > 1


@pytest.mark.parametrize(("server", "page"), PAGES[1:], indirect=["server"])
def test_the_python_call_is_answered(page: str, server: str) -> None:
    (code,) = blocks(page, "python")
    run = subprocess.run(
        [sys.executable, "-c", code.replace(SERVER, server)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert len(run.stdout.splitlines()) >= 4


def test_the_page_on_images_makes_an_image_that_answers() -> None:
    try:
        base = find_image(connect(), NAME)
    except EngineError as error:
        pytest.skip(str(error))
    if base is None:
        pytest.skip("there is no base image: make it with `nox -s base`")
    (build,) = blocks("docs/3-images.md", "bash")
    built = shell(build)
    assert built.returncode == 0, built.stderr
    (name,) = re.findall(r"^local/vad-service:\S+$", built.stdout, re.MULTILINE)
    (documented,) = (b for b in blocks("docs/3-images.md", "sh") if "--network none" in b)
    for command in (f"IMAGE={name}; {documented}", built.stdout.partition("try it:")[2]):
        assert "'segments': [{" in shell(command).stdout
