"""How long from ``docker run`` to the first result, for each way to ship models."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from docker.models.images import Image

from bench.bundle.setting import REMARK
from bench.bundle.setting import SPEC as BUNDLE
from bench.bundle.setting import prepare as prepare_all
from bench.cold import RESULT
from bench.diarization.setting import write_pipeline
from bench.process import seconds_until
from bench.repeat import in_turns
from bench.report import Report, Row, length
from bench.usual import build as usual
from bench.vad.setting import SPEC, Setting
from shared.models.lock import LOCK_NAME, Lock, LockedFile, LockedModel
from tools.images.build import build
from tools.images.engine import command_line
from tools.images.plan import Plan

OURS, WITHOUT_TORCH, USUAL = "ours", "ours, for CPUs", "the usual Dockerfile"
RUNS = 5
AUDIO_S = 60
CLIP_S = 10


@dataclass(frozen=True, slots=True)
class Started:
    """A container and the one job it answers.

    Attributes:
        image: what is started.
        job: the ``input``.
        mounts: what it finds where, beside the job: by the path in the container.
        environment: what it is told.
    """

    image: Image
    job: Mapping[str, str]
    mounts: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, folder: Path) -> list[str]:
        """Its command line, with the job laid where the SDK's local mode looks for it."""
        path = folder / "job.json"
        path.write_text(json.dumps({"input": self.job}))
        mounts = {**self.mounts, "/app/test_input.json": path}
        options = [
            *(f"--volume={here}:{there}:ro" for there, here in mounts.items()),
            *(f"--env={name}={value}" for name, value in self.environment.items()),
        ]
        return [command_line(), "run", "--rm", "--network", "none", *options, str(self.image.id)]


def measure(setting: Setting, plan: Plan, slim: str) -> Report:
    """Ours and the usual ones on the same base, audio and weights, taking turns.

    Args:
        setting: audio and weights.
        plan: of our image with one model.
        slim: the base of that for CPUs.

    Raises:
        EngineError: an image did not build.
    """
    groups = {
        f"one model, {length(AUDIO_S)}": one_model(setting, plan, slim),
        f"on a volume, {length(AUDIO_S)}": on_a_volume(setting, plan),
        **all_models(setting, plan),
    }
    rows = []
    for group, candidates in groups.items():
        found = in_turns(
            {name: partial(_seconds, candidate, setting, f"{group}, {name}")
             for name, candidate in candidates.items()},
            setting.runs or RUNS,
            discarded=1,
        )  # fmt: skip
        rows += [Row(group, name, values, "s") for name, values in found.items()]
    remarks = ["warm disk: one discarded run each; no network; ours not root", REMARK]
    return Report("images: docker run to first result", rows, remarks + setting.remarks())


def one_model(setting: Setting, plan: Plan, slim: str) -> dict[str, Started]:
    """Segments of speech; the images' own weights give way to the setting's."""
    for_cpus = replace(plan, base=slim, accelerator="cpu", torch=plan.base)
    path, job = _audio(setting, AUDIO_S)
    models = {
        OURS: setting.place.environment["MODELS_DIR"],
        WITHOUT_TORCH: setting.without_torch.environment["MODELS_DIR"],
    }
    return {
        **{
            name: Started(build(each).image, job, {"/models": Path(models[name])})
            for name, each in ((OURS, plan), (WITHOUT_TORCH, for_cpus))
        },
        USUAL: Started(
            usual.build("single", plan.base, models={"vad": setting.model.path}),
            {"audio_url": "/audio.wav"},
            {"/audio.wav": path, "/models/vad": setting.model.path},
        ),
    }


def on_a_volume(setting: Setting, plan: Plan) -> dict[str, Started]:
    """The same, the weights at the volume's place; ours compares their hashes."""
    path, job = _audio(setting, AUDIO_S)
    model, lock = SPEC.model("vad"), setting.place.folder / LOCK_NAME
    files = tuple(LockedFile.of(setting.model.path, name) for name in model.files)
    Lock(models=(LockedModel(id=model.id, revision="bench", files=files),)).write(lock)
    mounts = {
        "/runpod-volume/models": Path(setting.place.environment["MODELS_DIR"]), "/lock": lock,
    }  # fmt: skip
    return {
        OURS: Started(
            build(replace(plan, models="volume")).image, job, mounts, {"MODELS_LOCK": "/lock"}
        ),
        USUAL: Started(
            usual.build("volume", plan.base),
            {"audio_url": "/audio.wav"},
            {"/audio.wav": path, "/runpod-volume/models/vad": setting.model.path},
        ),
    }


def all_models(setting: Setting, plan: Plan) -> dict[str, dict[str, Started]]:
    """Two tasks of an endpoint that loads all models at its start, at their real sizes."""
    models = Path(prepare_all(setting).environment["MODELS_DIR"])
    ours = build(replace(plan, service="bundle")).image
    theirs = usual.build("all_in_one", plan.base)
    folders = {"vad": models / SPEC.model("vad").id, "asr": models / BUNDLE.model("asr").id,
               "diarization": write_pipeline(models)}  # fmt: skip
    # The pipeline's folder names its models by where they are.
    mounts = {str(models): models, **{f"/models/{name}": at for name, at in folders.items()}}
    groups = {}
    for task, seconds in (("vad", AUDIO_S), ("asr", CLIP_S)):
        path, job = _audio(setting, seconds)
        groups[f"all models, {task} of {length(seconds)}"] = {
            OURS: Started(ours, {"task": task, **job}, {"/models": models}),
            USUAL: Started(
                theirs, {"task": task, "audio": "/audio.wav"}, {**mounts, "/audio.wav": path}
            ),
        }
    return groups


def _audio(setting: Setting, seconds: int) -> tuple[Path, dict[str, str]]:
    """A recording for those that read a path, and the job of those that get it in the request."""
    path = setting.audio(seconds)
    return path, {"audio_base64": base64.b64encode(path.read_bytes()).decode()}


def _seconds(started: Started, setting: Setting, name: str) -> float:
    folder = setting.place.folder / name
    folder.mkdir(exist_ok=True)
    return seconds_until(RESULT, started.command(folder), setting.place)
