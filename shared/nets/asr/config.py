"""What the ``config.yaml`` of FunASR's recognisers have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from shared.features import Cmvn, Fbank, StackedFeatures
from shared.models.folder import ModelFolder
from shared.nets.asr.sizes import EncoderSizes


class FrontEnd(BaseModel):
    """The arguments of FunASR's ``WavFrontend``; noise (``dither``) is never added."""

    fs: Literal[16_000] = 16_000
    window: Literal["hamming"] = "hamming"
    n_mels: int = Field(80, gt=0)
    frame_length: Literal[25] = 25
    frame_shift: Literal[10] = 10
    lfr_m: int = Field(7, gt=0)
    lfr_n: Literal[6] = 6

    def features(self, folder: ModelFolder) -> StackedFeatures:
        """What computes the features, by the statistics in the model's folder.

        Raises:
            ModelError: the folder has none.
        """
        cmvn = Cmvn.read(folder.asset("frontend_conf", "cmvn_file"))
        return StackedFeatures(Fbank(self.n_mels), cmvn, self.lfr_m, self.lfr_n)


class Encoder(BaseModel):
    """The arguments of FunASR's SAN-M encoders, as far as there is a choice."""

    output_size: int = Field(256, gt=0)
    attention_heads: int = Field(4, gt=0)
    linear_units: int = Field(2048, gt=0)
    num_blocks: int = Field(6, gt=0)
    tp_blocks: int = Field(0, ge=0)
    kernel_size: int = Field(11, gt=0)
    sanm_shfit: int = Field(0, ge=0)
    input_layer: Literal["pe"] = "pe"
    normalize_before: Literal[True] = True
    selfattention_layer_type: Literal["sanm"] = "sanm"

    @model_validator(mode="after")
    def _fits(self) -> Encoder:
        if self.output_size % self.attention_heads:
            raise ValueError("output_size is no multiple of attention_heads")
        if (self.kernel_size - 1) // 2 + self.sanm_shfit >= self.kernel_size:
            raise ValueError("sanm_shfit is beyond kernel_size")
        return self

    def sizes(self, inputs: int, epsilon: float) -> EncoderSizes:
        """The encoder's shape.

        Args:
            inputs: values of what it is given, for each frame.
            epsilon: what its normalisations add to a variance.
        """
        return EncoderSizes(
            inputs=inputs, width=self.output_size, heads=self.attention_heads,
            hidden=self.linear_units, blocks=self.num_blocks, top_blocks=self.tp_blocks,
            kernel=self.kernel_size, shift=self.sanm_shfit, epsilon=epsilon,
        )  # fmt: skip
