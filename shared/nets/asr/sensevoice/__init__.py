"""Speech recognition with SenseVoiceSmall: Mandarin, Cantonese, English, Japanese and Korean.

Features (numpy) -> network (torch) -> transcript (numpy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.batching import together
from shared.features import Array, StackedFeatures
from shared.models.folder import ModelFolder
from shared.nets.asr.parts import frames_at_once
from shared.nets.asr.sensevoice.config import EPSILON, Config
from shared.nets.asr.sensevoice.decoding import read
from shared.nets.asr.sensevoice.vocabulary import Vocabulary
from shared.nets.asr.transcript import Transcript
from shared.nets.config import read_config

if TYPE_CHECKING:
    from shared.nets.asr.sensevoice.network import SenseVoiceNetwork

__all__ = ["SenseVoice"]

AUTO = "auto"
LANGUAGES = {AUTO: 0, "zh": 3, "en": 4, "yue": 7, "ja": 11, "ko": 12}  # numbers of their queries
EVENT, EMOTION, WITH_ITN, WITHOUT_ITN = 1, 2, 14, 15


@dataclass(frozen=True, slots=True)
class SenseVoice:
    """A loaded recogniser; a ``Recognizer``.

    Attributes:
        languages: codes a caller may ask for, besides ``auto``.
        frames_at_once: frames of features that one forward should have.
    """

    languages: tuple[str, ...]
    frames_at_once: int
    _features: StackedFeatures
    _vocabulary: Vocabulary
    _network: SenseVoiceNetwork

    @classmethod
    def load(
        cls, folder: ModelFolder, device: str = "cpu", *, precision: str = "float32"
    ) -> SenseVoice:
        """Load the model in ``folder``.

        Args:
            folder: the model's.
            device: a torch device, ``cpu`` or ``cuda``.
            precision: of the products, if the device has it: ``float32``, ``bfloat16``, ``int8``.

        Raises:
            ModelError: the folder does not hold a model this module can run.
        """
        from shared.nets.asr.sensevoice.network import SenseVoiceNetwork

        config = read_config(folder, Config)
        features = config.frontend_conf.features(folder)
        vocabulary = Vocabulary(folder.asset("tokenizer_conf", "bpemodel"))
        sizes = config.encoder_conf.sizes(features.width, EPSILON)
        weights = folder.asset("init_param")
        network = SenseVoiceNetwork(weights, sizes, len(vocabulary), device, precision=precision)
        languages = tuple(language for language in LANGUAGES if language != AUTO)
        return cls(languages, frames_at_once(device), features, vocabulary, network)

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
        self, batch: Sequence[Array], language: str = AUTO, use_itn: bool = True
    ) -> list[Transcript]:
        """Recognise stretches of speech, each by itself.

        Args:
            batch: features of each, shape (frames, 560); they are recognised in parts of
                ``frames_at_once``, with what other jobs wait for.
            language: one of ``languages``, or ``auto``.
            use_itn: write punctuation, and numbers as digits.

        Returns:
            One transcript for each, in the same order. A transcript may end up to 5 ms behind the
            last sample, as FunASR's do.

        Raises:
            ValueError: the language is none of them.
        """
        if language not in LANGUAGES:
            raise ValueError(f"no language of SenseVoice's: {language}")
        queries = (LANGUAGES[language], EVENT, EMOTION, WITH_ITN if use_itn else WITHOUT_ITN)
        heard = [features for features in batch if len(features)]
        best = iter(together(self._network.best, heard, queries, most=self.frames_at_once))
        return [
            read(*next(best), self._vocabulary) if len(features) else Transcript()
            for features in batch
        ]
