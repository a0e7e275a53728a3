"""Recorded voices, music and sounds from Debian: of telephone exchanges and of games.

Prompts are single phrases, read in a studio or at home, without noise; so their labels come from
their energy. The recordings stay on the machine that trains: only the weights are kept.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import av
import numpy as np

from models.tiny.sound.acoustics import Samples
from models.tiny.sound.synthesis import Split
from shared.audio import SAMPLE_RATE

PACKAGES = (
    *(f"asterisk-core-sounds-{language}-g722" for language in ("en", "es", "fr", "it", "ru")),
    "asterisk-moh-opsound-g722",
    *("ktuberling-data", "tuxpaint-stamps-default", "hedgewars-data", "minetest-data"),
)
VOICES: dict[Split, tuple[str, ...]] = {
    "train": (
        *("asterisk/sounds/en_US_f_Allison", "asterisk/sounds/es_MX_f_Allison"),
        *("asterisk/sounds/it_IT_m_Carlo", "asterisk/sounds/ru_RU_f_IvrvoiceRU"),
        *(f"ktuberling/sounds/{name}" for name in ("ca", "da", "el", "fr", "lt", "ru", "uk")),
    ),
    "heldout": (
        "asterisk/sounds/fr_CA_f_June",
        *(f"ktuberling/sounds/{name}" for name in ("de", "en", "gl", "sl", "wa")),
    ),
}
MUSIC = "asterisk/moh"
SOUNDS: dict[Split, tuple[str, ...]] = {  # of animals, weapons, tools, steps, water, fire
    "train": (
        *("tuxpaint/stamps/animals", "tuxpaint/stamps/household"),
        "games/hedgewars/Data/Sounds",
    ),
    "heldout": ("games/minetest/games",),
}
PROMPTS = 260  # of one voice at most
SHORTEST_S = 0.5
SPOKEN = {"voices", "desc"}  # in the paths of sounds that are speech
LONGEST_S = 60
SOUND_S = 6


def fetch(folder: Path) -> None:
    """Download and unpack the packages; nothing is installed.

    Raises:
        subprocess.CalledProcessError: apt or dpkg failed; they say why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    download = ["apt-get", "download", *PACKAGES]
    subprocess.run(download, cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        unpack = ["dpkg-deb", "-x", package.name, "."]
        subprocess.run(unpack, cwd=folder, check=True)


def voices(folder: Path, split: Split) -> dict[str, list[Samples]]:
    """Prompts by voice; no voice of one split is in the other.

    Raises:
        FileNotFoundError: the folder has no recordings of a voice.
    """
    found = {name: list(_prompts(folder / "usr/share" / name)) for name in VOICES[split]}
    if silent := [name for name, said in found.items() if not said]:
        raise FileNotFoundError(f"no recordings in {silent[0]}: a new folder gets all packages")
    return found


def music(folder: Path, split: Split) -> list[Samples]:
    """Pieces of music, every other one for each split."""
    files = sorted((folder / "usr/share" / MUSIC).glob("*.g722"))
    return [read(path) for path in files[split == "heldout" :: 2]]


def sounds(folder: Path, split: Split) -> list[Samples]:
    """What is no speech and no music, a few seconds of each."""
    found = []
    for name in SOUNDS[split]:
        for path in sorted((folder / "usr/share" / name).rglob("*.ogg")):
            if not SPOKEN & {*path.parts, *path.stem.split("_")}:
                found.append(read(path)[: SOUND_S * SAMPLE_RATE])
    return [sound for sound in found if sound.any()]


def shares(voices: Mapping[str, object]) -> list[float]:
    """How often each voice is drawn; that of a game has little to say."""
    weights = [1.0 if name.startswith("ktuberling") else 3.0 for name in voices]
    return [weight / sum(weights) for weight in weights]


def read(path: Path) -> Samples:
    """The beginning of a file as mono float32 at 16 kHz."""
    form = "g722" if path.suffix == ".g722" else None  # it has no header to tell it by
    with av.open(str(path), format=form, metadata_errors="replace") as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        frames = [
            part.to_ndarray()[0]
            for frame in [*container.decode(audio=0), None]
            for part in resampler.resample(frame)
        ]
    samples: Samples = np.concatenate(frames)[: LONGEST_S * SAMPLE_RATE]
    return samples


def _prompts(folder: Path) -> Iterator[Samples]:
    files = sorted(path for path in folder.rglob("*.*") if path.suffix in {".g722", ".ogg", ".wav"})
    order = np.random.default_rng(0).permutation(len(files))[:PROMPTS]
    for path in (files[place] for place in order if "silence" not in files[place].parts):
        samples = read(path)
        if samples.size >= SHORTEST_S * SAMPLE_RATE and samples.any():
            yield samples
