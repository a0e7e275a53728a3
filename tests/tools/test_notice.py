"""A NOTICE names what an image carries that is not ours, and nothing whose licence is unknown."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest

from shared.spec import ServiceSpec
from tools import notice
from tools.notice import CARRIED, TERMS, card, notice_files
from tools.workspace import ROOT, service_names


@pytest.mark.parametrize("service", service_names())
def test_every_model_is_named_with_its_revision_card_and_licence(service: str) -> None:
    (text,) = notice_files(service).values()
    for model in ServiceSpec.read(ROOT / f"services/{service}/service.toml").models:
        assert f"{model.id}, revision {model.revision}" in text
        assert f"{card(model.id)}\n" in text
        assert TERMS[str(model.licence)].url in text


def test_a_model_whose_licence_nobody_looked_at_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "services" / "vad"
    folder.mkdir(parents=True)
    for name in ("service.toml", "requirements.txt"):
        text = (ROOT / "services" / "vad" / name).read_text()
        (folder / name).write_text(text.replace("Apache-2.0", "Mystery-1.0"))
    monkeypatch.setattr(notice, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="speech_fsmn_vad.*Mystery-1.0.*read its model card"):
        notice_files("vad")


def shared_libraries(package: str) -> dict[str, bytes]:
    """The libraries that an installed wheel carries, by name."""
    files = [file for file in distribution(package).files or [] if ".so" in file.name]
    return {file.name: Path(str(file.locate())).read_bytes() for file in files}


def test_ffmpeg_is_built_as_the_notice_says() -> None:
    libraries = shared_libraries("av")
    (codec,) = (content for name, content in libraries.items() if name.startswith("libavcodec"))
    assert re.findall(rb"L?GPL version \d(?:\.\d)? or later", codec) == [b"LGPL version 3 or later"]
    gpl = {
        name for name in ("x264", "x265", "xvid", "postproc") if any(name in n for n in libraries)
    }
    assert gpl == {name for name, licence in CARRIED["av"].items() if licence.startswith("GPL")}


@pytest.mark.parametrize(("package", "library"), [("numpy", "openblas"), ("soundfile", "sndfile")])
def test_what_other_wheels_carry_is_named(package: str, library: str) -> None:
    assert any(library in name for name in shared_libraries(package))
    assert any(library in name.lower() for name in CARRIED[package])
