"""What a SenseVoiceSmall folder says of itself, in FunASR's layout."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ValidationError

from shared.errors import ModelUnusable
from shared.models.folder import ModelFolder
from shared.nets.asr.config import Encoder, FrontEnd

EPSILON = 1e-5  # of the normalisations; FunASR's other encoders have a smaller one


class Config(BaseModel):
    """A ``config.yaml``."""

    model: Literal["SenseVoiceSmall"]
    encoder: Literal["SenseVoiceEncoderSmall"]
    encoder_conf: Encoder
    frontend_conf: FrontEnd = FrontEnd()
    tokenizer: Literal["SentencepiecesTokenizer"] = "SentencepiecesTokenizer"


def read_config(folder: ModelFolder) -> Config:
    """The network's sizes and its front end's.

    Raises:
        ModelError: the folder is another model's, or says too little.
    """
    try:
        return Config.model_validate(folder.config())
    except ValidationError as error:
        raise ModelUnusable(f"{folder.id}: config.yaml is of another model") from error
