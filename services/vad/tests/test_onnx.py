"""The network in ONNX Runtime finds what it finds in torch, without torch."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from provision import export as exporting
from provision.errors import ExportDiffers
from provision.export import export
from services.vad.contract import VADRequest
from services.vad.detector import Detector
from services.vad.handler import SERVICE
from services.vad.tests.conftest import load
from shared.audio import Recording
from shared.decode import decode
from shared.errors import ModelAltered, ModelUnusable
from shared.features import Array
from shared.models.folder import locate
from shared.models.lean import available_cores
from shared.nets.vad import FsmnVad
from shared.nets.vad.onnx_network import OnnxNetwork
from shared.nets.vad.readout import ReadOut
from shared.nets.vad.runtime import EXPORTED
from shared.nets.vad.sizes import FsmnSizes
from tests.data import real_data
from tools.workspace import ROOT, SAMPLE, TINY_MODELS

MODEL = SERVICE.spec.model("vad").id
JOB = VADRequest(audio="-")


def copied(models: Path, to: Path) -> Path:
    """A folder of models with a copy of the detector's that can be changed."""
    unused = shutil.ignore_patterns("README.md")
    shutil.copytree(models / MODEL, to / MODEL, ignore=unused, copy_function=shutil.copyfile)
    return to


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """The tiny model, with its network for ONNX Runtime beside it."""
    models = copied(TINY_MODELS, tmp_path)
    assert export(locate(MODEL, models)) < 1e-5
    return models


def test_what_was_written_is_in_the_models_lock_and_verified(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (locate(MODEL, models).lock for models in (TINY_MODELS, exported))
    assert before
    assert after
    assert after.files[:-1] == before.files
    assert after.files[-1].path == EXPORTED
    assert load(exported, monkeypatch).models[0].verified
    with (exported / MODEL / EXPORTED).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelAltered, match=EXPORTED):
        load(exported, monkeypatch)


def test_the_same_weights_make_the_same_file(exported: Path) -> None:
    first = (exported / MODEL / EXPORTED).read_bytes()
    export(locate(MODEL, exported))
    assert (exported / MODEL / EXPORTED).read_bytes() == first


def test_a_network_that_computes_something_else_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = copied(TINY_MODELS, tmp_path)
    monkeypatch.setattr(exporting, "TOLERANCE", 0.0)
    with pytest.raises(ExportDiffers, match="from torch's"):
        export(locate(MODEL, models))
    assert {path.name for path in (models / MODEL).iterdir()} == {
        *SERVICE.spec.model("vad").files,
        "models.lock",
    }


def test_a_graph_that_reads_out_what_it_should_not_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some(sizes: FsmnSizes) -> ReadOut:
        return ReadOut(np.zeros((sizes.fsmn_layers, sizes.linear_dim), dtype=np.float32), 0.0)

    monkeypatch.setattr(exporting, "read_out", some)
    with pytest.raises(ModelUnusable, match="another network"):
        export(locate(MODEL, copied(TINY_MODELS, tmp_path)))


@pytest.mark.parametrize("block", [400, 1_234, 16_000, 10**9])
def test_probabilities_are_torchs_however_the_recording_is_cut(
    exported: Path, conversation: Array, block: int
) -> None:
    torchs, ours = (FsmnVad.load(locate(MODEL, models)) for models in (TINY_MODELS, exported))
    blocks = np.split(conversation, range(block, len(conversation), block))
    assert np.abs(ours.silence(blocks) - torchs.silence([conversation])).max() < 1e-5
    assert np.abs(ours.odds(blocks) - torchs.odds([conversation])).max() < 1e-2


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 560, 16_000])
def test_short_recordings_have_as_many_frames(
    exported: Path, conversation: Array, samples: int
) -> None:
    one, other = (
        FsmnVad.load(locate(MODEL, models)).silence([conversation[:samples]])
        for models in (TINY_MODELS, exported)
    )
    assert one.shape == other.shape


def test_every_recording_at_hand_has_torchs_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = real_data("models")
    torchs = load(real, monkeypatch)
    models = copied(real, tmp_path)
    export(locate(MODEL, models))
    ours = load(models, monkeypatch)
    recordings = sorted(real_data("audio").rglob("*.wav"))
    assert recordings
    for path in recordings:
        assert segments(ours, path) == segments(torchs, path), path.name
        np.testing.assert_allclose(odds(ours, path), odds(torchs, path), atol=1e-2)


def odds(detector: Detector, path: Path) -> Array:
    with path.open("rb") as file:
        return detector._vad.odds(decode(file))


def segments(detector: Detector, path: Path) -> object:
    with path.open("rb") as file:
        return detector.run(Recording(decode(file)), JOB)["segments"]


def test_no_torch_is_imported_and_nothing_that_an_image_for_cpus_lacks(exported: Path) -> None:
    lock = (ROOT / "services/vad/requirements.cpu.txt").read_text()
    there = set(re.findall(r"^[\w.-]+", lock, re.MULTILINE))
    code = f"""
import os, re, sys
from importlib.metadata import packages_distributions
for module, packages in packages_distributions().items():
    if not {there} & {{re.sub("[_.]", "-", package).lower() for package in packages}}:
        sys.modules[module] = None
os.environ["MODELS_DIR"] = {str(exported)!r}
from services.vad.handler import SERVICE
from shared.audio import Recording
from shared.decode import decode
from shared.worker.sdk import import_sdk
from shared.worker.start import load
import_sdk()
engine = load(SERVICE)
request = SERVICE.contracts[0].request(audio="-")
with open({str(SAMPLE)!r}, "rb") as file:
    print(len(engine.run(Recording(decode(file)), request)["segments"]))
print(sys.modules["torch"], sys.modules["onnxruntime"].__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found, modules = done.stdout.splitlines()
    assert int(found) >= 4
    assert modules == "None onnxruntime"


def test_threads_are_the_containers_and_do_not_spin(exported: Path) -> None:
    network = FsmnVad.load(locate(MODEL, exported))._network
    assert isinstance(network, OnnxNetwork)
    options = network._session.get_session_options()
    assert options.intra_op_num_threads == available_cores()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


@pytest.mark.parametrize("content", [b"", b"no graph", None])
def test_another_graph_is_named(exported: Path, content: bytes | None) -> None:
    folder = exported / MODEL
    (folder / "models.lock").unlink()
    if content is None:  # a good one, of other sizes than config.yaml says
        config = (folder / "config.yaml").read_text()
        (folder / "config.yaml").write_text(re.sub(r"lorder: \d+", "lorder: 5", config))
    else:
        (folder / EXPORTED).write_bytes(content)
    with pytest.raises(ModelUnusable) as caught:
        FsmnVad.load(locate(MODEL, exported))
    assert EXPORTED in str(caught.value)
    assert str(folder) not in str(caught.value)
