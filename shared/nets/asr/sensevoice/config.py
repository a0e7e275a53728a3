"""What a SenseVoiceSmall folder says of itself, in FunASR's layout."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from shared.nets.asr.config import Encoder, FrontEnd

EPSILON = 1e-5  # of the normalisations; FunASR's other encoders have a smaller one


class Config(BaseModel):
    """A ``config.yaml``."""

    model: Literal["SenseVoiceSmall"]
    encoder: Literal["SenseVoiceEncoderSmall"]
    encoder_conf: Encoder
    frontend_conf: FrontEnd = FrontEnd()
    tokenizer: Literal["SentencepiecesTokenizer"] = "SentencepiecesTokenizer"
