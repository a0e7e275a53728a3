"""The FSMN network in ONNX Runtime, on the CPU: a graph that has its weights in it.

It imports onnxruntime, so it is imported when such a graph is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnxruntime

from shared.errors import ModelUnusable
from shared.features import Array
from shared.models.lean import available_cores
from shared.nets.vad.readout import odds_against, read_out
from shared.nets.vad.sizes import FsmnSizes


class OnnxNetwork:
    """The graph of one network, ready to run; see ``Network``.

    Args:
        graph: an ONNX file with the inputs ``features`` (frames, dim) and ``memory`` (blocks,
            frames remembered, channels), and the outputs ``silence`` (frames,), ``odds`` (frames,)
            if there is a read-out for it, and ``remembered``, the next memory.
        sizes: the encoder's.

    Raises:
        ModelUnusable: it is no such graph.
    """

    def __init__(self, graph: Path, sizes: FsmnSizes) -> None:
        try:
            session = onnxruntime.InferenceSession(
                graph.read_bytes(), _options(), providers=["CPUExecutionProvider"]
            )
        except Exception:  # noqa: BLE001 - ONNX Runtime raises whatever its parsers raise
            raise ModelUnusable(f"{graph.name} is no network that ONNX Runtime can run") from None
        self._reads_out = "odds" in {value.name for value in session.get_outputs()}
        shapes = {value.name: value.shape[1:] for value in session.get_inputs()}
        remembered = [sizes.memory, sizes.proj_dim]
        expected = {"features": [sizes.input_dim], "memory": remembered}
        if shapes != expected or self._reads_out != bool(read_out(sizes)):
            raise ModelUnusable(f"{graph.name} is another network than config.yaml says")
        self._session = session
        self._lean = onnxruntime.RunOptions()
        self._lean.only_execute_path_to_fetches = True  # nothing for the output nobody asks for
        self._blank = np.zeros((sizes.fsmn_layers, *remembered), dtype=np.float32)

    def silence(self, features: Iterable[Array]) -> Iterator[Array]:
        """Probability of silence for each frame of one recording; see ``Network``."""
        return self._run("silence", features)

    def odds(self, features: Iterable[Array]) -> Iterator[Array]:
        """Log odds of speech instead; see ``Network``."""
        if not self._reads_out:
            return map(odds_against, self.silence(features))
        return self._run("odds", features)

    def _run(self, wanted: str, features: Iterable[Array]) -> Iterator[Array]:
        memory = self._blank
        for block in features:
            if len(block):
                inputs = {"features": block, "memory": memory}
                found, memory = self._session.run([wanted, "remembered"], inputs, self._lean)
                yield found


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()  # its own choice is the host's cores
    options.inter_op_num_threads = 1
    # Threads that wait for work sleep: a worker decodes and answers on the same cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A plan of memory is kept for each length of block that was seen, and recordings have any.
    options.enable_mem_pattern = False
    options.log_severity_level = 3  # errors
    return options
