"""What a CT-Transformer folder says of itself, in FunASR's layout."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from shared.errors import ModelUnusable
from shared.models.folder import ModelFolder
from shared.nets.asr.config import Encoder
from shared.nets.config import read_tokens

FULL_STOP = "。"


class _Model(BaseModel):
    embed_unit: int = Field(128, gt=0)
    att_unit: int = Field(256, gt=0)
    punc_list: list[str]
    sentence_end_id: int = Field(3, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> _Model:
        if self.punc_list[self.sentence_end_id :][:1] != [FULL_STOP]:
            raise ValueError("sentence_end_id is not the full stop of punc_list")
        return self


class _PuncEncoder(Encoder):
    input_size: int = Field(gt=0)


class _Tokenizer(BaseModel):
    unk_symbol: str = "<unk>"


class Config(BaseModel):
    """A ``config.yaml``."""

    model: Literal["CTTransformer"]
    model_conf: _Model
    encoder: Literal["SANMEncoder"]
    encoder_conf: _PuncEncoder
    tokenizer: Literal["CharTokenizer"] = "CharTokenizer"
    tokenizer_conf: _Tokenizer = _Tokenizer()

    @model_validator(mode="after")
    def _fits(self) -> Config:
        if self.encoder_conf.input_size != self.model_conf.embed_unit:
            raise ValueError("the encoder's input_size is not embed_unit")
        if self.encoder_conf.output_size != self.model_conf.att_unit:
            raise ValueError("the encoder's output_size is not att_unit")
        return self


def read_vocabulary(folder: ModelFolder, unknown: str) -> dict[str, int]:
    """The number of each word.

    Raises:
        ModelError: the file is missing, holds something else, or lacks the ``unknown`` word.
    """
    words = read_tokens(folder)
    numbers = {word: number for number, word in enumerate(words)}
    if unknown not in numbers or len(numbers) != len(words):
        raise ModelUnusable(f"{folder.id}: its list of tokens lacks {unknown}, or has a word twice")
    return numbers
