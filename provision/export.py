"""Writes a detector's network for ONNX Runtime: a step of the build of an image for CPUs.

It lies beside the checkpoint, is compared with what torch makes of it, and is in the model's lock.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from provision.cli import attempt, from_the_user, wanted
from provision.errors import ExportDiffers
from provision.fsmn_graph import fsmn_graph
from shared.features import Array
from shared.models.folder import ModelFolder, locate
from shared.models.lean import load_weights
from shared.models.lock import LOCK_NAME, Lock, LockedFile
from shared.nets.config import read_config
from shared.nets.vad import Config
from shared.nets.vad.encoder import FsmnEncoder
from shared.nets.vad.network import FsmnNetwork
from shared.nets.vad.onnx_network import OnnxNetwork
from shared.nets.vad.readout import read_out
from shared.nets.vad.runtime import EXPORTED, Network

TOLERANCE = 1e-5  # of a probability
FRAMES = 3_000


def main(service: Path, role: str) -> int:
    """Export the service's model of that role, in the folder of models that ``--models`` names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, metavar="FOLDER", help="the folder of models")
    models = from_the_user(parser.parse_args().models)
    return attempt(lambda: _run(service, role, models), models, service.name)


def _run(service: Path, role: str, models: Path) -> None:
    (model,) = (model for model in wanted(service) if model.role == role)
    apart = export(locate(model.id, models, model.revision))
    print(f"{model.id}: {EXPORTED} written; at most {apart:.1e} from torch's probabilities")


def export(model: ModelFolder) -> float:
    """Write the network of a model for ONNX Runtime, and add it to the model's lock.

    Returns:
        How far its probabilities are from torch's, at most.

    Raises:
        ModelError: the model is not one of this network.
        ExportDiffers: it is too far; nothing was written.
    """
    config = read_config(model, Config)
    sizes, checkpoint = config.encoder_conf, model.asset("init_param")
    encoder = FsmnEncoder(sizes)
    load_weights(encoder, checkpoint, prefix="encoder.")
    weights = {name: tensor.numpy() for name, tensor in encoder.state_dict().items()}
    graph = fsmn_graph(weights, sizes, config.silence, read_out(sizes))
    with tempfile.TemporaryDirectory(dir=model.path, prefix=".export-") as folder:
        written = Path(folder, EXPORTED)
        written.write_bytes(graph.SerializeToString(deterministic=True))
        torchs = FsmnNetwork(checkpoint, sizes, config.silence, "cpu")
        apart = difference(torchs, OnnxNetwork(written, sizes), sizes.input_dim)
        if not apart <= TOLERANCE:
            raise ExportDiffers(f"{model.id}: {EXPORTED} is {apart:.1e} from torch's probabilities")
        written.chmod(0o644)
        written.replace(model.path / EXPORTED)
    if model.lock:
        entry = LockedFile.of(model.path, EXPORTED)
        files = [*(file for file in model.lock.files if file.path != EXPORTED), entry]
        lock = model.lock.model_copy(update={"files": tuple(files)})
        Lock(models=(lock,)).write(model.path / LOCK_NAME)
    return apart


def difference(one: Network, other: Network, width: int) -> float:
    """How far the probabilities of two networks are apart, at most, over blocks of all sizes."""

    def probabilities(network: Network) -> Array:
        silence = np.concatenate(list(network.silence(_features(width))))
        odds = np.concatenate(list(network.odds(_features(width))))
        return np.stack((silence, np.tanh(odds / 2) / 2))

    return float(np.abs(probabilities(one) - probabilities(other)).max())


def _features(width: int) -> Iterator[Array]:
    """Made-up features, louder and quieter, in blocks of one frame and more."""
    random = np.random.default_rng(0)
    loudness = np.repeat(random.normal(0, 1, FRAMES // 10), 10)[:, None]
    features = (random.normal(0, 0.5, (FRAMES, width)) + loudness).astype(np.float32)
    yield from np.split(features, [1, 2, 21, 60, 400])
