"""What is recognised in a stretch of speech, whichever network heard it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.features import Array


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text and when it was said.

    Attributes:
        text: joined with the others' it is the text; a word's first piece begins with a space.
        start_ms: from the beginning of the samples that the features are of.
        end_ms: likewise.
        logprob: natural logarithm of its posterior probability.
    """

    text: str
    start_ms: int
    end_ms: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in one stretch of speech, and how.

    Attributes:
        tokens: in order, without the network's tags.
        language: ``zh``, ``en``, ``yue``, ``ja`` or ``ko``; None for no speech, or if unknown.
        emotion: ``happy``, ``sad``, ``angry``, ``neutral``, ``fearful``, ``disgusted`` or
            ``surprised``; None if unknown.
        events: of ``speech``, ``bgm``, ``applause``, ``laughter``, ``cry``, ``sneeze``, ``breath``
            and ``cough``, in order, once each.
    """

    tokens: tuple[Token, ...] = ()
    language: str | None = None
    emotion: str | None = None
    events: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The tokens' text, without spaces at its ends."""
        return "".join(token.text for token in self.tokens).strip()


class Recognizer(Protocol):
    """A loaded network. It holds no state of a recording, so recordings never mix."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages a caller may ask for, besides ``auto``."""

    @property
    def frames_at_once(self) -> int:
        """Frames of features, padding included, that are best recognised in one call."""

    def features(self, samples: Array) -> Array:
        """What the network hears.

        Args:
            samples: mono audio at 16 kHz, shape (samples,), full scale 1.0.

        Returns:
            Shape (frames, dim); no frame if the audio is shorter than one window of 25 ms.
        """

    def transcribe(
        self, batch: Sequence[Array], language: str = "auto", use_itn: bool = True
    ) -> list[Transcript]:
        """Recognise stretches of speech, each by itself.

        Args:
            batch: features of each; what is recognised together does not matter.
            language: one of ``languages``, or ``auto``.
            use_itn: write punctuation, and numbers as digits.

        Returns:
            One transcript for each, in the same order.

        Raises:
            ValueError: the language is none of them.
        """
