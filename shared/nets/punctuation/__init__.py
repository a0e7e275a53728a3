"""Punctuation with CT-Transformer, for recognisers that write none.

Tokens -> words -> network (torch) -> tokens with marks between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.models.folder import ModelFolder
from shared.nets.asr.transcript import Token
from shared.nets.config import read_config
from shared.nets.punctuation.config import Config, read_vocabulary
from shared.nets.punctuation.sentences import COMMA, ENDS, FULL_STOP, PAUSE, QUESTION, mark

if TYPE_CHECKING:
    from shared.nets.punctuation.network import CtTransformer

__all__ = ["CtPunc"]

LATIN = {COMMA: ",", FULL_STOP: ".", QUESTION: "?"}  # behind a word of letters
SHOWN = (COMMA, FULL_STOP, QUESTION, PAUSE)


@dataclass(slots=True)
class _Word:
    text: str
    first: int  # number of the token it begins in
    last: int  # and of the one it ends in

    @property
    def latin(self) -> bool:
        return self.text[0].isascii()


@dataclass(frozen=True, slots=True)
class CtPunc:
    """A loaded network. It holds no state of a text, so texts never mix."""

    _marks: Sequence[str]
    _vocabulary: Mapping[str, int]
    _unknown: int
    _network: CtTransformer

    @classmethod
    def load(cls, folder: ModelFolder, device: str = "cpu") -> CtPunc:
        """Load the model in ``folder``.

        Raises:
            ModelError: the folder does not hold a model this module can run.
        """
        from shared.nets.punctuation.network import CtTransformer

        config = read_config(folder, Config)
        unknown = config.tokenizer_conf.unk_symbol
        vocabulary = read_vocabulary(folder, unknown)
        network = CtTransformer(folder.asset("init_param"), config, len(vocabulary), device)
        return cls(config.model_conf.punc_list, vocabulary, vocabulary[unknown], network)

    def punctuate(self, tokens: Sequence[Token]) -> tuple[Token, ...]:
        """Put marks between tokens, and capitals where a sentence begins.

        The marks are the ones of FunASR's ``CTTransformer``. Other than there, no space follows a
        Chinese mark, and a capital in the midst of a word stays one.

        Args:
            tokens: of a text without punctuation; a Chinese character is a word, and so are
                letters up to a space or such a character.

        Returns:
            The tokens, and one more for each mark, with the time at which the word before it ends.
            The text ends with a full stop or a question mark; one without words stays as it is.
        """
        words = _words(tokens)
        numbers = [self._vocabulary.get(word.text, self._unknown) for word in words]
        texts = [token.text for token in tokens]
        marks: dict[int, Token] = {}
        begins = True
        for word, found in zip(
            words, mark(numbers, self._marks, self._network.logprobs), strict=True
        ):
            if begins and word.latin:
                texts[word.first] = _capitalised(texts[word.first])
            begins = found.mark in ENDS
            marks.pop(word.last, None)
            if found.mark in SHOWN:
                text = LATIN.get(found.mark, found.mark) if word.latin else found.mark
                end = tokens[word.last].end_ms
                marks[word.last] = Token(text, end, end, found.logprob)
        return tuple(_merged(tokens, texts, marks))


def _words(tokens: Sequence[Token]) -> list[_Word]:
    words: list[_Word] = []
    apart = True
    for number, token in enumerate(tokens):
        for character in token.text:
            alone = character.isspace() or not character.isascii()
            if not character.isspace():
                if alone or apart:
                    words.append(_Word("", number, number))
                words[-1].text += character
                words[-1].last = number
            apart = alone
    return words


def _capitalised(text: str) -> str:
    word = text.lstrip()
    return text[: -len(word)] + word[0].upper() + word[1:]


def _merged(
    tokens: Sequence[Token], texts: Sequence[str], marks: Mapping[int, Token]
) -> Iterator[Token]:
    for number, (token, text) in enumerate(zip(tokens, texts, strict=True)):
        yield replace(token, text=text)
        if number in marks:
            yield marks[number]
