"""What a SenseVoiceSmall folder says of itself, in FunASR's layout."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from shared.errors import ModelUnusable
from shared.models.folder import ModelFolder
from shared.nets.asr.sizes import EncoderSizes

EPSILON = 1e-5  # of the normalisations; FunASR's other encoders have a smaller one


class Encoder(BaseModel):
    """The arguments of FunASR's ``SenseVoiceEncoderSmall``, as far as there is a choice."""

    output_size: int = Field(256, gt=0)
    attention_heads: int = Field(4, gt=0)
    linear_units: int = Field(2048, gt=0)
    num_blocks: int = Field(6, gt=0)
    tp_blocks: int = Field(0, ge=0)
    kernel_size: int = Field(11, gt=0)
    sanm_shfit: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Encoder:
        if self.output_size % self.attention_heads:
            raise ValueError("output_size is no multiple of attention_heads")
        if (self.kernel_size - 1) // 2 + self.sanm_shfit >= self.kernel_size:
            raise ValueError("sanm_shfit is beyond kernel_size")
        return self

    def sizes(self, inputs: int) -> EncoderSizes:
        """The encoder's shape, with that many values in a frame of features."""
        return EncoderSizes(
            inputs=inputs, width=self.output_size, heads=self.attention_heads,
            hidden=self.linear_units, blocks=self.num_blocks, top_blocks=self.tp_blocks,
            kernel=self.kernel_size, shift=self.sanm_shfit, epsilon=EPSILON,
        )  # fmt: skip


class FrontEnd(BaseModel):
    """The arguments of FunASR's ``WavFrontend``; noise (``dither``) is never added."""

    fs: Literal[16_000] = 16_000
    window: Literal["hamming"] = "hamming"
    n_mels: int = Field(80, gt=0)
    frame_length: Literal[25] = 25
    frame_shift: Literal[10] = 10
    lfr_m: int = Field(7, gt=0)
    lfr_n: Literal[6] = 6


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
