"""The command says what it did and what it could not do, plainly, and ends accordingly."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.models.lock import LOCK_NAME, Lock
from tests.hub import Faults, Hub
from tests.provision.conftest import MODEL, Place
from tools.workspace import ROOT, TINY_MODELS

VAD = "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch"


def vad(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The VAD service's own command."""
    return subprocess.run(
        [sys.executable, "-m", "services.vad.download_models", *options],
        cwd=ROOT, env={**os.environ, **environment}, check=False, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip


def test_the_vad_service_takes_only_the_weights_its_lock_names(tmp_path: Path) -> None:
    shutil.copytree(TINY_MODELS / VAD, tmp_path / "hub" / VAD)
    with Hub(tmp_path / "hub", ("v2.0.4",)) as hub:
        done = vad("--to", str(tmp_path / "models"), MODELSCOPE_ENDPOINT=hub.url)
    assert done.returncode == 1
    assert f"error: {VAD} v2.0.4: " in done.stderr
    assert "nox -s models-vad -- --lock" in done.stderr
    assert not (tmp_path / "models" / VAD).exists()


def test_folders_are_named_from_where_the_user_is(tmp_path: Path) -> None:
    shutil.copytree(TINY_MODELS / VAD, tmp_path / "copy" / VAD)
    done = vad("--to", "models", "--from", "copy", INVOKED_FROM=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "models" / VAD / LOCK_NAME).exists()


@pytest.mark.parametrize("options", [[], ["--to", "models", "--lock", "--verify"]])
def test_options_that_make_no_sense_are_a_matter_of_usage(options: list[str]) -> None:
    done = vad(*options)
    assert done.returncode == 2
    assert "usage: nox -s models-vad" in done.stderr


def test_a_failure_says_nothing_on_stdout(place: Place) -> None:
    place.hub.faults["model.pt"] = Faults(status=404)
    done = place.run()
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("where", ["models", f"models/{MODEL.partition('/')[0]}"])
def test_a_file_where_a_folder_has_to_be_is_told(place: Place, where: str) -> None:
    file = place.root / where
    file.parent.mkdir(exist_ok=True)
    file.write_text("not a folder")
    assert "folder" in place.error()
    assert file.read_text() == "not a folder"


def test_a_lock_nobody_can_read_is_written_anew_on_demand(place: Place) -> None:
    lock = place.service / LOCK_NAME
    lock.write_text("<<<<<<< HEAD\n")
    assert "--lock" in place.error(), "providing again would say the same"
    assert place.run("--lock").returncode == 0
    assert place.whole()


def test_a_lock_that_cannot_be_written_anew_stays_as_it_was(place: Place) -> None:
    before = (place.service / LOCK_NAME).read_bytes()
    place.hub.faults["model.pt"] = Faults(status=404)
    place.error("--lock")
    assert (place.service / LOCK_NAME).read_bytes() == before


def test_an_interrupted_download_ends_without_a_traceback(place: Place) -> None:
    _, err = place.interrupt(at=50_000, by=signal.SIGINT)
    assert not place.model.exists()
    assert "Traceback" not in err


def write_variants(place: Place, chosen: str) -> None:
    """A service that can be made with either of two models."""
    place.write_spec()
    shutil.copytree(place.origin, place.hub.root / "someone/another")
    spec = place.service / "service.toml"
    table = spec.read_text().removeprefix("[[models]]")
    other = table.replace(MODEL, "someone/another")
    spec.write_text(
        f'variant = "{chosen}"\nmodels = []\n[[variants.one]]{table}[[variants.two]]{other}'
    )


def test_only_the_chosen_variants_models_are_provided(place: Place) -> None:
    write_variants(place, "two")
    assert place.run("--lock").returncode == 0
    assert [folder.name for folder in (place.models / "someone").iterdir()] == ["another"]


def test_a_new_lock_keeps_what_it_said_of_other_variants(place: Place) -> None:
    write_variants(place, "two")
    assert place.run("--lock").returncode == 0
    locked = Lock.read(place.service / LOCK_NAME)
    assert [model.id for model in locked.models] == ["someone/another", MODEL]


def test_a_variant_that_is_none_is_refused_by_name(place: Place) -> None:
    write_variants(place, "three")
    assert "variant: there is no 'three', only one, two" in place.error()
