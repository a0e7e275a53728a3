"""What all parts of the benchmark have in common: audio, weights, programs and where they run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import soundfile

from bench import peers
from bench.process import Place
from shared.audio import SAMPLE_RATE
from shared.models.folder import ModelFolder, locate
from shared.models.lean import available_cores
from shared.models.lock import LOCK_NAME
from shared.spec import ServiceSpec
from tools.workspace import ROOT, SAMPLE, TINY_MODELS

OURS = Path(sys.executable)
PEERS = ("modelscope", "funasr", "silero-vad", "sherpa-onnx", "runpod")
SPEC = ServiceSpec.read(ROOT / "services" / "vad" / "service.toml")


@dataclass(frozen=True, slots=True)
class Setting:
    """One benchmark.

    Attributes:
        recording: what the audio is made of.
        model: the weights, the same for all that use FSMN-VAD.
        place: where the programs run.
        quick: short audio, to see that it works.
        runs: how often each thing is measured; each part has its own number if not given.
    """

    recording: Path
    model: ModelFolder
    place: Place
    quick: bool
    runs: int | None

    @classmethod
    def make(cls, folder: Path, *, quick: bool, runs: int | None) -> Self:
        """Real audio and weights if SPEECH_TEST_DATA names them, else what comes with us."""
        data = os.environ.get("SPEECH_TEST_DATA")
        recording = Path(data, "audio", "zh_vad_example.wav") if data else SAMPLE
        models = Path(data, "models") if data else TINY_MODELS
        wanted = SPEC.model("vad")
        model = locate(wanted.id, models.resolve(), wanted.revision)
        place = Place(folder, os.environ | _environment(folder, models.resolve(), model.path))
        return cls(recording, model, place, quick, 1 if quick else runs)

    @property
    def peers(self) -> Path:
        """The Python of the peers' environment, which is made when it is first asked for."""
        return peers.prepare()

    @property
    def without_torch(self) -> Place:
        """Where a program finds the same model with its network written for ONNX Runtime."""
        models = self.place.folder / "exported"
        environment = {**self.place.environment, "MODELS_DIR": str(models)}
        if not models.exists():
            copy = models / SPEC.model("vad").id
            copy.mkdir(parents=True)
            for name in (*SPEC.model("vad").files, *([LOCK_NAME] if self.model.lock else [])):
                shutil.copyfile(self.model.path / name, copy / name)
            export = [str(OURS), "-m", "services.vad.export_models", "--models", str(models)]
            subprocess.run(export, env=environment, check=True, stdout=subprocess.DEVNULL)
        return replace(self.place, environment=environment)

    def remarks(self, audio: str | None = None) -> list[str]:
        """What was listened to, with which weights, beside which versions; no GPU.

        Args:
            audio: what it was, if not the recording of ``audio()``.
        """
        audio = audio or f"{self.recording.name} repeated to length"
        weights = self.model.revision or "of unknown revision"
        return [
            f"{audio}, 16-bit WAV; weights of the VAD {weights}; CPU only",
            "beside " + ", ".join(peers.versions(*PEERS)),
        ]

    def audio(self, seconds: int) -> Path:
        """The recording repeated to that length, as a 16-bit WAV file."""
        path = self.place.folder / f"{seconds}.wav"
        if path.exists():
            return path
        samples, rate = soundfile.read(self.recording, dtype="int16")
        if rate != SAMPLE_RATE or samples.ndim != 1:
            raise ValueError(f"{self.recording.name} is not mono at {SAMPLE_RATE} Hz")
        missing = seconds * rate
        with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
            while missing:
                file.write(samples[:missing])
                missing -= min(missing, len(samples))
        return path


def _environment(folder: Path, models: Path, model: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),  # no settings of the user's, and nothing left in their home
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",  # lines are seen when they are written, as with python -u
        "BENCH_CORES": str(available_cores()),  # for peers that must be told
        "CUDA_VISIBLE_DEVICES": "",
        "MODELS_DIR": str(models),
        "VAD_MODEL": str(model),
        "SPEECH_ALLOW_HTTP": "1",  # the audio's URL is on this machine
        "SPEECH_ALLOW_PRIVATE": "1",
    }
