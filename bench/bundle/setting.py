"""What all parts of the benchmark have in common: every model in one folder, at its real size."""

from __future__ import annotations

import json
from pathlib import Path

from bench.asr.setting import prepare as prepare_recogniser
from bench.diarization.setting import full_size
from bench.process import Place
from bench.vad.setting import Setting
from shared.spec import ServiceSpec
from tools.workspace import ROOT, TINY_MODELS

SPEC = ServiceSpec.read(ROOT / "services" / "bundle" / "service.toml")
REMARK = "SenseVoiceSmall and CAM++ at their real sizes with random weights; CPU only"


def prepare(setting: Setting) -> Place:
    """The environment that names the models."""
    place = prepare_recogniser(setting)
    speaker = SPEC.model("speaker").id
    configuration = json.loads((TINY_MODELS / speaker / "configuration.json").read_text())
    full_size(Path(place.environment["MODELS_DIR"], speaker), configuration)
    return place
