"""Loads the recogniser that ``service.toml`` chooses; what is not chosen is not even imported."""

from __future__ import annotations

from shared.contract import ModelInfo
from shared.errors import ModelUnusable
from shared.models.verified import verified
from shared.nets.asr import Recognizer
from shared.spec import ServiceSpec


def load_network(spec: ServiceSpec, device: str) -> tuple[Recognizer, tuple[ModelInfo, ...]]:
    """The recogniser, with its punctuation if that is a model of its own.

    Returns:
        It, and what results say of its models, the recogniser first.

    Raises:
        ModelError: a model is missing, altered or of another kind.
    """
    folder, info = verified(spec, "asr")
    kind = folder.config().get("model")
    if kind == "SenseVoiceSmall":
        from shared.nets.asr.sensevoice import SenseVoice

        return SenseVoice.load(folder, device), (info,)
    raise ModelUnusable(f"{folder.id}: no recogniser for a model of kind {kind!r}")
