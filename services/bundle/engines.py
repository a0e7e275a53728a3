"""The engines of all tasks over models that each is loaded once; knows no HTTP and no RunPod."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.asr.networks import load_network
from services.asr.recognizer import ROLES, SpeechRecognizer
from services.bundle.contract import BundleRequest, Task
from services.bundle.memory import Memory, Model
from services.bundle.transcriber import Transcriber
from services.diarization.diarizer import Diarizer
from services.vad.detector import Detector
from shared.audio import Recording
from shared.contract import ModelInfo
from shared.errors import ModelError, ModelUnusable
from shared.models.folder import ModelFolder
from shared.models.lean import pick_device
from shared.models.spec import ModelSpec
from shared.models.verified import verified_all
from shared.nets.asr import Recognizer
from shared.nets.speaker import CamPlus
from shared.nets.vad import FsmnVad
from shared.spec import ServiceSpec
from shared.worker.service import Emit, Engine, keep_quiet

logger = logging.getLogger("speech")


class Settings(BaseModel):
    """The table ``[engine]`` of ``service.toml``.

    Attributes:
        load_at_start: tasks whose models are loaded before the first job; those of the others
            when the first job asks for them.
        max_model_bytes: of all models that are loaded at a time; 0: of as many as there are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    load_at_start: tuple[Task, ...]
    max_model_bytes: int = Field(ge=0)


class Bundle:
    """The engine of the endpoint: for each job the engine of its task, over the shared models.

    All files are verified at start, also of models that are loaded later.
    """

    def __init__(self, spec: ServiceSpec, settings: Settings) -> None:
        found = verified_all(spec)
        folders = {role: folder for role, (folder, _) in found.items()}
        if {"asr", "transcribe"} & {*settings.load_at_start}:
            folders["asr"].read_ahead()
        device = pick_device()
        self._infos = {role: info for role, (_, info) in found.items()}
        sizes = {model.role: _size(folders[model.role], model) for model in spec.models}
        recogniser = sizes["asr"] + sizes.get("punctuation", 0)
        self._vad = Model("vad", sizes["vad"], partial(FsmnVad.load, folders["vad"], device))
        self._speaker = Model(
            "speaker", sizes["speaker"], partial(CamPlus.load, folders["speaker"], device)
        )
        self._asr: Model[Recognizer] = Model(
            "asr", recogniser, partial(load_network, folders, device)
        )
        self._settings = settings
        self._memory = Memory(settings.max_model_bytes or None)

    @classmethod
    def load(cls, spec: ServiceSpec) -> Bundle:
        """Verify the models that ``service.toml`` names, and load those it wants at start.

        Raises:
            ModelError: one is missing, altered or of another kind, or there is no room for them.
        """
        settings = Settings.model_validate(spec.engine)
        bundle = cls(spec, settings)
        at_start = dict.fromkeys(m for task in settings.load_at_start for m in bundle.needs(task))
        wanted = sum(model.size for model in at_start)
        if wanted > settings.max_model_bytes > 0:
            raise ModelUnusable(
                f"the models of load_at_start have {wanted} bytes, max_model_bytes allows "
                f"{settings.max_model_bytes}"
            )
        with bundle._memory.hold([*at_start]):
            return bundle

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """All models, loaded or not."""
        return tuple(self._infos.values())

    def warm_up(self) -> None:
        """Run what is loaded at start once."""
        for task in self._settings.load_at_start:
            with self._memory.hold(self.needs(task)):
                self._engine(task).warm_up()

    def run(
        self,
        recording: Recording,
        request: BundleRequest,
        voices: Sequence[Recording] = (),
        emit: Emit = keep_quiet,
        /,
    ) -> Mapping[str, object]:
        """What the engine of the task finds in one recording.

        Raises:
            ModelError: the task's models are loaded by this job, and one is not usable.
            OutOfMemory: there is no room for them.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(self._memory.hold(self.needs(request.task)))
            except ModelError as error:
                logger.error("%s", error)
                # the cause is for the log, not for callers
                raise type(error)(error.message) from None
            engine = self._engine(request.task)
            return {"model": engine.models[0], **engine.run(recording, request, voices, emit)}

    def needs(self, task: Task) -> tuple[Model[Any], ...]:
        """The models of a task."""
        return {
            "vad": (self._vad,),
            "diarization": (self._vad, self._speaker),
            "asr": (self._vad, self._asr),
            "transcribe": (self._vad, self._speaker, self._asr),
        }[task]

    def _engine(self, task: Task) -> Engine[Any]:
        """The engine of a task, made for one job: kept longer, it would keep dropped models."""
        if task == "vad":
            return Detector((self._infos["vad"],), self._vad.network)
        if task == "diarization":
            return self._diarizer()
        if task == "asr":
            return self._recognizer()
        return Transcriber(self._vad.network, self._diarizer(), self._recognizer())

    def _diarizer(self) -> Diarizer:
        infos = (self._infos["speaker"], self._infos["vad"])
        return Diarizer(infos, self._vad.network, self._speaker.network)

    def _recognizer(self) -> SpeechRecognizer:
        infos = tuple(self._infos[role] for role in ROLES if role in self._infos)
        return SpeechRecognizer(infos, self._vad.network, self._asr.network)


def _size(folder: ModelFolder, model: ModelSpec) -> int:
    """Bytes of a model's files, which is what its weights take in memory."""
    files = (folder.path / name for name in model.files)
    return sum(file.stat().st_size for file in files if file.exists())
