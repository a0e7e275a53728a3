"""Speech recognition with Paraformer: Mandarin, and the English that is mixed into it.

Features (numpy) -> network (torch) -> transcript (numpy). The text has no punctuation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.batching import together
from shared.features import Array, StackedFeatures
from shared.models.folder import ModelFolder
from shared.nets.asr.paraformer.config import Config
from shared.nets.asr.paraformer.spelling import spell
from shared.nets.asr.paraformer.timing import times
from shared.nets.asr.parts import frames_at_once
from shared.nets.asr.transcript import Token, Transcript
from shared.nets.config import read_config, read_tokens

if TYPE_CHECKING:
    from shared.nets.asr.paraformer.network import Heard, ParaformerNetwork

__all__ = ["Paraformer"]

LANGUAGES = ("zh",)


@dataclass(frozen=True, slots=True)
class Paraformer:
    """A loaded recogniser; a ``Recognizer``.

    Attributes:
        languages: codes a caller may ask for, besides ``auto``; the network takes none.
        frames_at_once: frames of features that one forward should have.
    """

    languages: tuple[str, ...]
    frames_at_once: int
    _features: StackedFeatures
    _vocabulary: Sequence[str]
    _silent: set[int]
    _network: ParaformerNetwork

    @classmethod
    def load(
        cls, folder: ModelFolder, device: str = "cpu", *, precision: str = "float32"
    ) -> Paraformer:
        """Load the model in ``folder``.

        Args:
            folder: the model's.
            device: a torch device, ``cpu`` or ``cuda``.
            precision: of the products, if the device has it: ``float32``, ``bfloat16``, ``int8``.

        Raises:
            ModelError: the folder does not hold a model this module can run.
        """
        from shared.nets.asr.paraformer.network import ParaformerNetwork

        config = read_config(folder, Config)
        features = config.frontend_conf.features(folder)
        vocabulary = read_tokens(folder)
        weights = folder.asset("init_param")
        network = ParaformerNetwork(
            weights, config, features.width, len(vocabulary), device, precision=precision
        )
        silent = config.model_conf.outputs
        return cls(LANGUAGES, frames_at_once(device), features, vocabulary, silent, network)

    def features(self, samples: Array) -> Array:
        """What the network hears.

        Args:
            samples: mono audio at 16 kHz, shape (samples,), full scale 1.0.

        Returns:
            Shape (frames, 560), one frame per 60 ms; none if there is less than one window of
            25 ms.
        """
        return self._features(samples)

    def transcribe(
        self, batch: Sequence[Array], language: str = "auto", use_itn: bool = True
    ) -> list[Transcript]:
        """Recognise stretches of speech, each by itself.

        Args:
            batch: features of each, shape (frames, 560); they are recognised in parts of
                ``frames_at_once``, with what other jobs wait for.
            language: one of ``languages``, or ``auto``; it makes no difference.
            use_itn: makes no difference either: numbers are written as words.

        Returns:
            One transcript for each, in the same order, a word or a Chinese character a token.

        Raises:
            ValueError: the language is none of them.
        """
        if language not in (*LANGUAGES, "auto"):
            raise ValueError(f"no language of Paraformer's: {language}")
        spoken = [features for features in batch if len(features)]
        heard = iter(together(self._network.hear, spoken, most=self.frames_at_once))
        return [
            Transcript(tuple(self._tokens(next(heard)))) if len(features) else Transcript()
            for features in batch
        ]

    def _tokens(self, heard: Heard) -> Sequence[Token]:
        said = [
            (self._vocabulary[output], float(logprob))
            for output, logprob in zip(heard.outputs, heard.logprobs, strict=True)
            if output not in self._silent
        ]
        if not said:
            return []
        spans = times(heard.onsets, len(said))
        pieces = (
            Token(text, start, end, logprob)
            for (text, logprob), (start, end) in zip(said, spans, strict=True)
        )
        return list(spell(pieces))
