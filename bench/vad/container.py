"""How long from ``docker run`` to the first result."""

from __future__ import annotations

import base64
import json
from functools import partial

from bench.cold import RESULT
from bench.process import seconds_until
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.vad.cold import AUDIO_S
from bench.vad.images import OURS, PEER, WITHOUT_TORCH, Images, models_folder
from bench.vad.setting import Setting
from tools.images.engine import command_line

RUNS = 10


def measure(setting: Setting) -> Report:
    """The images with no network, on the same audio and the same weights, taking turns."""
    images = Images.build(setting)
    commands = {
        OURS: _ours(setting, OURS, str(images.ours.id)),
        WITHOUT_TORCH: _ours(setting, WITHOUT_TORCH, str(images.without_torch.id)),
        PEER: _usual(setting, str(images.usual.id)),
    }
    candidates = {
        name: partial(seconds_until, RESULT, command, setting.place)
        for name, command in commands.items()
    }
    found = in_turns(candidates, setting.runs or RUNS, discarded=1)
    rows = [Row(f"{length(AUDIO_S)} of audio", name, values, "s") for name, values in found.items()]
    remarks = [
        "warm disk: one discarded run each; no network; ours not root, that for CPUs without torch",
        *setting.remarks(),
    ]
    return Report("container: docker run to first result", rows, remarks)


def _ours(setting: Setting, name: str, image: str) -> list[str]:
    audio = base64.b64encode(setting.audio(AUDIO_S).read_bytes()).decode()
    job = {"audio_base64": audio}
    return _run(setting, image, name, job, {models_folder(setting, name): "/models"})


def _usual(setting: Setting, image: str) -> list[str]:
    files = {str(setting.audio(AUDIO_S)): "/audio.wav", str(setting.model.path): "/models/vad"}
    return _run(setting, image, "usual", {"audio_url": "/audio.wav"}, files)


def _run(
    setting: Setting, image: str, name: str, job: dict[str, str], files: dict[str, str]
) -> list[str]:
    """The command that answers a job, which the SDK finds in the working directory."""
    path = setting.place.folder / f"{name}.json"
    path.write_text(json.dumps({"input": job}))
    mounts = {**files, str(path): "/app/test_input.json"}
    volumes = [part for host, there in mounts.items() for part in ("-v", f"{host}:{there}:ro")]
    return [command_line(), "run", "--rm", "--network", "none", *volumes, image]
