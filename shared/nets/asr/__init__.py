"""Speech recognition: what every recogniser gives (``transcript``), and the recognisers."""

from shared.nets.asr.transcript import Recognizer, Token, Transcript

__all__ = ["Recognizer", "Token", "Transcript"]
