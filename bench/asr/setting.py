"""What all parts of the benchmark have in common: both sides' models in one folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench.process import Place
from bench.vad.setting import Setting
from shared.spec import ServiceSpec
from tools.workspace import ROOT

SPEC = ServiceSpec.read(ROOT / "services" / "asr" / "service.toml")
REMARK = "SenseVoiceSmall at its real size with random weights, the same for all"
SHERPA_REMARK = (
    "sherpa-onnx as its generate-subtitles.py has it: stretches that silero-vad finds, so not "
    "those of the others, one after the other; its int8 is ONNX Runtime's"
)
# Above most of the other outputs of random weights, so that most frames say nothing, as in speech.
BLANK = 3.9


def prepare(setting: Setting) -> Place:
    """The environment that names the models.

    Time and memory do not depend on the weights, and the real ones cannot be had everywhere.
    """
    # Here, as torch would stay in the page cache of a machine where nothing is to be in it.
    from tests.funasr_sensevoice import FULL_SIZE, OUTPUTS, pieces, write_random_model

    models = setting.place.folder / "models"
    asr, vad = SPEC.model("asr"), SPEC.model("vad")
    shutil.copytree(setting.model.path, models / vad.id)
    (models / asr.id).mkdir(parents=True)
    words = [f"▁w{number}" for number in range(OUTPUTS - len(pieces([])))]
    write_random_model(models / asr.id, FULL_SIZE, words, blank=BLANK)
    environment = {
        **setting.place.environment,
        "MODELS_DIR": str(models),
        "ASR_MODEL": str(models / asr.id),
        "VAD_MODEL": str(models / vad.id),
    }
    return Place(setting.place.folder, environment)


def prepare_with_sherpa(setting: Setting) -> Place:
    """As ``prepare``, with the same weights for sherpa-onnx."""
    from bench.asr.exported import export  # with torch, see ``prepare``

    place = prepare(setting)
    folder = place.folder / "sherpa-onnx"
    export(Path(place.environment["ASR_MODEL"]), folder)
    return Place(place.folder, {**place.environment, "SHERPA_MODEL": str(folder)})
