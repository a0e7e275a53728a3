"""Where the key comes from, and where it goes: to RunPod alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from speech_endpoints import VAD
from speech_endpoints.failures import NoKey
from speech_endpoints.keys import address
from speech_endpoints.vendored.shared.errors import InvalidInput

SECRET = "rpa_SECRET"  # noqa: S105


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("RUNPOD_API_KEY", "RUNPOD_ENDPOINT_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_an_id_is_an_endpoint_of_runpods_and_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoKey, match="RUNPOD_API_KEY"):
        address("abc123")
    monkeypatch.setenv("RUNPOD_API_KEY", SECRET)
    found = address("abc123")
    assert found.url == "https://api.runpod.ai/v2/abc123"
    assert found.key.get_secret_value() == SECRET


def test_the_key_is_found_in_runpods_file(tmp_path: Path) -> None:
    (tmp_path / ".runpod").mkdir()
    (tmp_path / ".runpod" / "config.toml").write_text(f'[default]\napi_key = "{SECRET}"\n')
    assert address("abc123").key.get_secret_value() == SECRET
    (tmp_path / ".runpod" / "config.toml").write_text("no toml")
    with pytest.raises(NoKey):
        address("abc123")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v2/vad",
        "http://api.runpod.ai/v2/vad",
        "https://api.runpod.ai.example.com/v2/vad",
        "https://evilrunpod.ai/v2/vad",
    ],
)
def test_runpods_key_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("RUNPOD_API_KEY", SECRET)
    assert address(url).key.get_secret_value() != SECRET
    assert address(url, "given").key.get_secret_value() == "given"


def test_the_sdks_variable_moves_an_id_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", "http://localhost:8000/v2/")
    assert address("vad").url == "http://localhost:8000/v2/vad"


@pytest.mark.parametrize("endpoint", ["", "a b", "ftp://x/y", "https://", "https://x/y?key=1"])
def test_what_is_neither_an_id_nor_a_url_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidInput):
        address(endpoint)


def test_the_key_is_shown_nowhere() -> None:
    with VAD("abc123", api_key=SECRET) as endpoint:
        shown = f"{endpoint!r} {endpoint} {address('abc123', SECRET)!r}"
    assert "abc123" in shown
    assert SECRET not in shown
