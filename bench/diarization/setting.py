"""What all parts of the benchmark have in common: audio, weights, and how the peer is set up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml

from bench.diarization.audio import conversation
from bench.process import Place
from bench.vad.setting import Setting
from models.tiny.funasr import funasr_class
from shared.models.folder import locate
from shared.spec import ServiceSpec
from tools.workspace import ROOT, TINY_MODELS

SPEC = ServiceSpec.read(ROOT / "services" / "diarization" / "service.toml")
STAND_IN = Path(__file__).with_name("stand_in")
REMARK = "CAM++ has its real sizes and random weights on both sides"
SPOKEN = "a synthetic conversation of four"


def prepare(setting: Setting) -> Place:
    """Both sides' models in one folder, and the environment that names them.

    CAM++ has its real sizes and random weights: time does not depend on them, and the real ones
    cannot be had everywhere.
    """
    models = setting.place.folder / "models"
    speaker, vad = SPEC.model("speaker"), SPEC.model("vad")
    shutil.copytree(setting.model.path, models / vad.id)
    tiny = locate(speaker.id, TINY_MODELS, speaker.revision)
    full_size(models / speaker.id, json.loads((tiny.path / "configuration.json").read_text()))
    environment = {
        **setting.place.environment,
        "MODELS_DIR": str(models),
        "DIARIZATION_PIPELINE": str(write_pipeline(models)),
        "PYTHONPATH": f"{ROOT}:{STAND_IN}",
    }
    return Place(setting.place.folder, environment)


def write_pipeline(models: Path) -> Path:
    """The folder of the peer's pipeline over the models in another; it names where they are."""
    folder = models / "pipeline"
    folder.mkdir()
    (folder / "configuration.json").write_text(json.dumps({
        "framework": "pytorch",
        "task": "speaker-diarization",
        "model": {
            "type": "cluster-backend",
            "model_config": {"merge_thr": 0.78},
            "sample_rate": 16_000,
            "speaker_model": str(models / SPEC.model("speaker").id),
            "vad_model": str(models / SPEC.model("vad").id),
        },
        "pipeline": {"type": "segmentation-clustering"},
    }))  # fmt: skip
    return folder


def audio(setting: Setting, seconds: int) -> Path:
    """A conversation of that length, as a 16-bit WAV file."""
    path = setting.place.folder / f"conversation-{seconds}.wav"
    if not path.exists():
        conversation(path, seconds)
    return path


def full_size(folder: Path, configuration: dict[str, object]) -> None:
    """Write CAM++ with its real sizes and random weights; ``configuration`` is the tiny one's."""
    import torch

    folder.mkdir(parents=True)
    torch.manual_seed(0)
    sizes = {"feat_dim": 80, "embedding_size": 192, "growth_rate": 32, "bn_size": 4,
             "init_channels": 128}  # fmt: skip
    network = funasr_class("funasr.models.campplus.model", "CAMPPlus")(**sizes)
    torch.save(network.state_dict(), folder / "campplus_cn_common.bin")
    (folder / "configuration.json").write_text(json.dumps({
        **configuration,
        "framework": "pytorch",
        "task": "speaker-verification",
        "model": {
            "type": "cam++-sv",
            "model_config": {"sample_rate": 16_000, "fbank_dim": 80, "emb_size": 192},
            "pretrained_model": "campplus_cn_common.bin",
            "yesOrno_thr": 0.31,
        },
        "pipeline": {"type": "speaker-verification"},
    }))  # fmt: skip
    config = {"model": "CAMPPlus", "model_conf": sizes}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
