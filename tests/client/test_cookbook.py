"""What the client's pages show works; only hosts are swapped for local doubles."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from speech_endpoints import failures
from tests.client.conftest import Service
from tests.client.gateway import gateway
from tools.workspace import CLIENT, COMMANDS, ROOT, SAMPLE

PAGES = ("client/README.md", "docs/6-calling.md")
EVERY_BLOCK = {
    f"{page}-{number}": block
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```(bash|python)\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    )
}
SERVES = "speech gateway "  # until it is stopped
BLOCKS = [
    pytest.param(*block, id=name)
    for name, block in EVERY_BLOCK.items()
    if not block[1].startswith(SERVES)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recordings that the pages name, and the command on the path."""
    folder = tmp_path_factory.mktemp("cookbook")
    named = {
        SAMPLE: ("meeting.flac", "ada.flac"),
        COMMANDS: (
            "commands.flac", "talk.mp4", "recordings/one.flac", "more/two.wav",
            "corpus/a.flac", "corpus/b.flac",
        ),
    }  # fmt: skip
    for source, names in named.items():
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(source, folder / name)
    command = folder / "bin" / "speech"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m speech_endpoints "$@"\n')
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def hosts(
    vad: Service,
    asr: Service,
    diarization: Service,
    bundle: Service,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, str]]:
    """What stands for each host of the pages; the gateway is started as the page says."""
    services = {"vad": vad, "asr": asr, "diarization": diarization, "bundle": bundle}
    found = {f"http://localhost:8000/v2/{name}": of.url for name, of in services.items()}
    (command,) = (code for _, code in EVERY_BLOCK.values() if code.startswith(SERVES))
    _, _, _, endpoint, *options = shlex.split(command)
    with gateway(found[endpoint], tmp_path_factory.mktemp("gateway") / "up", *options) as up:
        yield {**found, "http://127.0.0.1:8080/v1": up.url}


# In the order of the pages: one block reads what another wrote.
@pytest.mark.parametrize(("language", "code"), BLOCKS)
def test_a_block_of_the_pages_runs(
    language: str, code: str, folder: Path, hosts: dict[str, str]
) -> None:
    for shown, url in hosts.items():
        code = re.sub(rf"{shown}\b", url, code)
    assert ":80" not in code
    command = ["bash", "-euc", code] if language == "bash" else [sys.executable, "-c", code]
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path, "PYTHONPATH": str(CLIENT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    wrote = re.search(r"manifest|speech\.flac|-o ", code)
    assert wrote or run.stdout, "a block shows something, or writes it"


def test_the_blocks_wrote_what_the_page_says(folder: Path) -> None:
    assert (folder / "subtitles" / "talk.srt").read_text().startswith("1\n")
    assert (folder / "manifest.jsonl").read_text().count("play music") == 2
    assert (folder / "speech.flac").stat().st_size > 0


def test_every_failure_is_in_the_page() -> None:
    page = (ROOT / "docs" / "6-calling.md").read_text("utf-8")
    for kind in failures.CallError.__subclasses__():
        assert f"`{kind.code}`" in page
