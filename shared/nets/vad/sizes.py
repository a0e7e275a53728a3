"""What a config.yaml may say of the FSMN encoder's sizes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class FsmnSizes(BaseModel):
    """The arguments of FunASR's ``FSMN``, as far as there is a choice.

    ``lorder`` is the number of frames a block sees, itself and those before it, ``lstride`` apart.
    It sees none after it: those of the next block of audio would have to be waited for.
    """

    model_config = ConfigDict(extra="forbid")

    input_dim: int = Field(gt=0)
    input_affine_dim: int = Field(gt=0)
    fsmn_layers: int = Field(gt=0)
    linear_dim: int = Field(gt=0)
    proj_dim: int = Field(gt=0)
    lorder: int = Field(gt=1)
    rorder: Literal[0]
    lstride: int = Field(gt=0)
    rstride: int
    output_affine_dim: int = Field(gt=0)
    output_dim: int = Field(gt=0)
    use_softmax: Literal[True] = True

    @property
    def memory(self) -> int:
        """Frames that a block keeps of what came before."""
        return (self.lorder - 1) * self.lstride
