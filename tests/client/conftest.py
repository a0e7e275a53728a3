"""The services behind the emulator, with RunPod's own worker loop and tiny weights."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import soundfile

from runpod_emulator.faults import Fault, Schedule
from runpod_emulator.processes import Processes
from runpod_emulator.rules import Rules
from runpod_emulator.scaling import Scaling
from runpod_emulator.settings import EndpointSettings
from runpod_emulator.testing import Emulated
from tools.loopback import served
from tools.workspace import COMMANDS, ROOT, SAMPLE, TINY_MODELS

CORPUS = int(os.environ.get("CLIENT_CORPUS", "40"))
WORKER = {
    "MODELS_DIR": str(TINY_MODELS), "RUNPOD_LOG_LEVEL": "INFO",
    "SPEECH_ALLOW_HTTP": "1", "SPEECH_ALLOW_PRIVATE": "1",
}  # fmt: skip


class Service(Emulated):
    """An endpoint whose faults can be changed while it is up."""

    def __init__(self, name: str, log: IO[bytes]) -> None:
        self.schedule = Schedule()
        command = [sys.executable, "-m", f"services.{name}.handler"]
        # Jobs are counted, so none is forgotten.
        rules = Rules(sync_retention_s=3600.0)
        settings = EndpointSettings(name, rules=rules, poll_s=2.0)
        scaling = Scaling(workers_min=1, workers_max=1)
        workers = Processes(command, ROOT, WORKER, log)
        super().__init__(workers, settings, scaling, faults=self.schedule)

    @contextmanager
    def going_wrong(self, *faults: Fault) -> Iterator[None]:
        self.schedule.faults.extend(faults)
        try:
            yield
        finally:
            self.schedule.clear()

    def routes(self, since: int = 0) -> list[str]:
        """What callers asked for, in order."""
        words = [event["path"].split("/") for event in self.events[since:]]
        theirs = {"run", "runsync", "status", "stream", "cancel", "health"}
        return [word[3] for word in words if word[3] in theirs]


@contextmanager
def serving(name: str, factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service; its workers write to a file, as between tests pytest would let them through."""
    with (factory.mktemp("workers") / f"{name}.log").open("wb") as log, Service(name, log) as found:
        yield found


@pytest.fixture(scope="package")
def vad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving("vad", tmp_path_factory) as service:
        yield service


@pytest.fixture(scope="package")
def asr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving("asr", tmp_path_factory) as service:
        yield service


@pytest.fixture(scope="package")
def diarization(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving("diarization", tmp_path_factory) as service:
        yield service


@pytest.fixture(scope="package")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving("bundle", tmp_path_factory) as service:
        yield service


@pytest.fixture(scope="session")
def dialogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of two voices who speak in turn, with so little between them that it is one."""
    samples, rate = soundfile.read(COMMANDS, dtype="int16")
    lines = json.loads(COMMANDS.with_suffix(".json").read_text("utf-8"))
    pieces = [samples[int(line["start"] * rate) : int(line["end"] * rate)] for line in lines]
    quiet = np.zeros(rate // 10, np.int16)
    path = tmp_path_factory.mktemp("talk") / "dialogue.flac"
    talk = [quiet, *(part for piece in pieces for part in (piece, quiet))]
    soundfile.write(path, np.concatenate(talk), rate)
    return path


@pytest.fixture(scope="session")
def half_an_hour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of half an hour of commands, which takes a while."""
    path = tmp_path_factory.mktemp("long") / "long.flac"
    samples, rate = soundfile.read(COMMANDS, dtype="int16")
    soundfile.write(path, np.tile(samples, 1800 * rate // len(samples)), rate)
    with served(path) as url:
        yield url


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of short recordings, no two the same: forty, or CLIENT_CORPUS=500."""
    folder = tmp_path_factory.mktemp("corpus")
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    for number in range(CORPUS):
        start = 613 * number % (len(samples) - 3 * rate)
        soundfile.write(folder / f"{number:03}.wav", samples[start : start + 3 * rate], rate)
    return folder
