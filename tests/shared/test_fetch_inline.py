"""Audio inside the request: base64 and data: URIs."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import AudioTooLarge, InvalidInput
from shared.fetch import FetchPolicy, open_audio, open_base64

POLICY = FetchPolicy(max_bytes=1000)
AUDIO = bytes(range(256)) + b"RIFF"  # 260 bytes: its base64 holds + and / and ends with =
PLAIN = base64.b64encode(AUDIO).decode()
URL_SAFE = base64.urlsafe_b64encode(AUDIO).decode()


@given(st.binary(min_size=1, max_size=300), st.booleans(), st.booleans(), st.integers(1, 80))
def test_base64_in_either_alphabet_with_or_without_padding_and_line_breaks_gives_the_bytes(
    audio: bytes, url_safe: bool, padded: bool, line: int
) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    text = encode(audio).decode()
    text = text if padded else text.rstrip("=")
    text = "\r\n".join(text[i : i + line] for i in range(0, len(text), line))
    with open_base64(text, POLICY) as file:
        assert file.read() == audio


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"data:audio/wav;base64,{PLAIN}",
        f"DATA:audio/ogg;codecs=opus;BASE64,{PLAIN}",
        f"data:;base64,{URL_SAFE}",
        f"\n data:audio/wav;base64,\n {PLAIN}\n",
    ],
)
def test_a_reference_that_is_no_url_opens_as_a_seekable_file_at_its_start(text: str) -> None:
    with open_audio(text, POLICY) as file:
        assert file.seekable()
        assert file.tell() == 0
        assert file.read() == AUDIO
        assert file.seek(256) == 256
        assert file.read() == b"RIFF"


@pytest.mark.parametrize(
    "text",
    {
        "a character outside the alphabet": "QUJD!UVG",
        "one character too many": "QUJDR",
        "half of the padding": "QQ=",
        "too much padding": "QUI==",
        "nothing but padding needed": "QUJD====",
        "padding inside": "QQ==QUJD",
        "both alphabets at once": "QU+DQU-D",
        "not ASCII": "QUJDé",
        "full-width letters": "\uff31\uff35\uff2a\uff24",
        "a lone surrogate": "QUJ\ud800",
        "NUL": "QUJD\0QUJ",
        "cut off inside a byte": "QUJDRE",
        "a file name": "C:\\audio.wav",
        "a URL without a scheme": "www.example.com/a.wav",
        "a URL with one slash": "https:/example.com/a.wav",
        "a data URI that is not base64": "data:audio/wav,QUJD",
        "a data URI without a comma": "data:audio/wav;base64QUJD",
    }.items(),
    ids=lambda case: case[0],
)
def test_text_that_is_not_whole_valid_base64_is_invalid_input(text: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput) as error:
        open_audio(text[1], POLICY)
    assert text[1] not in str(error.value)


@pytest.mark.parametrize("text", ["", " \n", "====", "data:audio/wav;base64,"])
def test_empty_audio_is_invalid_input(text: str) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        open_audio(text, POLICY)


@pytest.mark.parametrize("padded", [True, False])
def test_the_size_limit_is_exact(padded: bool) -> None:
    def encoded(size: int) -> str:
        text = base64.b64encode(bytes(size)).decode()
        return text if padded else text.rstrip("=")

    with open_base64(encoded(1000), POLICY) as file:
        assert len(file.read()) == 1000
    with pytest.raises(AudioTooLarge, match="1,000 bytes"):
        open_base64(encoded(1001), POLICY)


def test_the_size_is_checked_before_anything_is_decoded() -> None:
    with pytest.raises(AudioTooLarge):
        open_base64("!" * 2000, POLICY)
