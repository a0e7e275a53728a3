"""What a Paraformer folder says of itself, in FunASR's layout."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from shared.nets.asr.config import Encoder, FrontEnd


class Decoder(BaseModel):
    """The arguments of FunASR's ``ParaformerSANMDecoder``, as far as there is a choice."""

    attention_heads: int = Field(4, gt=0)
    linear_units: int = Field(2048, gt=0)
    num_blocks: int = Field(6, gt=0)
    att_layer_num: int = Field(6, gt=0)
    kernel_size: int = Field(21, gt=0)
    sanm_shfit: int = Field(0, ge=0)
    normalize_before: Literal[True] = True

    @model_validator(mode="after")
    def _fits(self) -> Decoder:
        if self.att_layer_num != self.num_blocks:
            raise ValueError("a layer without attention is not supported")
        if (self.kernel_size - 1) // 2 + self.sanm_shfit >= self.kernel_size:
            raise ValueError("sanm_shfit is beyond kernel_size")
        return self


class Predictor(BaseModel):
    """The arguments of FunASR's ``CifPredictorV3``, as far as there is a choice."""

    idim: int = Field(gt=0)
    l_order: int = Field(ge=0)
    r_order: int = Field(ge=0)
    threshold: float = Field(1.0, ge=1.0, le=1.0)
    smooth_factor: float = 1.0
    noise_threshold: float = 0.0
    tail_threshold: float = Field(gt=0.0, lt=1.0)
    smooth_factor2: float = 1.0
    noise_threshold2: float = 0.0
    upsample_times: Literal[3]  # FunASR's times are made for steps of 20 ms
    upsample_type: Literal["cnn_blstm"]
    use_cif1_cnn: Literal[False]


class Marks(BaseModel):
    """Outputs that stand for no text."""

    blank_id: int = 0
    sos: int = 1
    eos: int = 2

    @property
    def outputs(self) -> set[int]:
        """All of them."""
        return {self.blank_id, self.sos, self.eos}


class Config(BaseModel):
    """A ``config.yaml``."""

    model: Literal["BiCifParaformer"]
    model_conf: Marks = Marks()
    encoder: Literal["SANMEncoder"]
    encoder_conf: Encoder
    decoder: Literal["ParaformerSANMDecoder"]
    decoder_conf: Decoder
    predictor: Literal["CifPredictorV3"]
    predictor_conf: Predictor
    frontend_conf: FrontEnd = FrontEnd()
    tokenizer: Literal["CharTokenizer"] = "CharTokenizer"

    @model_validator(mode="after")
    def _fits(self) -> Config:
        width = self.encoder_conf.output_size
        if self.predictor_conf.idim != width:
            raise ValueError("the predictor's idim is not the encoder's output_size")
        if width % self.decoder_conf.attention_heads:
            raise ValueError("output_size is no multiple of the decoder's attention_heads")
        return self
