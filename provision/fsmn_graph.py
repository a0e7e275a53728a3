"""The FSMN encoder as an ONNX graph, its weights included.

It computes what ``shared/nets/vad/encoder.py`` does. The same weights make the same bytes, with
whichever torch they were read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from shared.features import Array
from shared.nets.vad.readout import ReadOut
from shared.nets.vad.sizes import FsmnSizes

OPSET = 18
IR_VERSION = 9  # of the file's format; that of ONNX Runtime 1.17, which is older than any we use


def fsmn_graph(
    weights: Mapping[str, Array],
    sizes: FsmnSizes,
    silence: Sequence[int],
    read_out: ReadOut | None,
) -> onnx.ModelProto:
    """The graph of an encoder, from features to what is asked of it.

    Args:
        weights: the encoder's tensors by their names.
        sizes: the encoder's.
        silence: the outputs that stand for silence.
        read_out: of this encoder, if there is one.

    Returns:
        Inputs ``features`` (frames, dim) and ``memory`` (blocks, frames remembered, channels);
        outputs ``silence`` (frames,), with a read-out ``odds`` (frames,), and ``remembered``, the
        memory of the next frames. Only those asked for are copied out.
    """
    return _Graph(weights, sizes).build(silence, read_out)


class _Graph:
    """Nodes and constants as they are added; a node's output has the name it is given."""

    def __init__(self, weights: Mapping[str, Array], sizes: FsmnSizes) -> None:
        self._weights = weights
        self._sizes = sizes
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def build(self, silence: Sequence[int], read_out: ReadOut | None) -> onnx.ModelProto:
        outputs = [_value("silence", ["frames"])]
        sizes, blocks = self._sizes, range(self._sizes.fsmn_layers)
        before = [f"before{block}" for block in blocks]
        self._nodes.append(
            helper.make_node("Split", ["memory"], before, axis=0, num_outputs=len(before))
        )
        frames = self._layer("in_linear1", "features")
        frames = self._add("Relu", [self._layer("in_linear2", frames)], "frames")
        for block in blocks:
            frames = self._block(block, frames, before[block])
        scores = self._layer("out_linear2", self._layer("out_linear1", frames))
        posteriors = self._add("Softmax", [scores], "posteriors", axis=-1)
        ids = self._integers("ids", *silence)
        chosen = self._add("Gather", [posteriors, ids], "chosen", axis=1)
        self._add("ReduceSum", [chosen, self._integers("one", 1)], "silence", keepdims=0)
        if read_out:
            self._read(read_out)
            outputs.append(_value("odds", ["frames"]))
        self._add("Concat", [f"after{block}" for block in blocks], "remembered", axis=0)
        memory = [sizes.fsmn_layers, sizes.memory, sizes.proj_dim]
        graph = helper.make_graph(
            self._nodes,
            "fsmn",
            [_value("features", ["frames", sizes.input_dim]), _value("memory", memory)],
            [*outputs, _value("remembered", memory)],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model

    def _read(self, read_out: ReadOut) -> None:
        """Log odds of speech: all that the blocks hand on, weighed."""
        parts = [self._constant("bias", np.array(read_out.bias, dtype=np.float32))]
        for block, row in enumerate(read_out.weights):
            weights = self._constant(f"read{block}", row[:, None])  # a vector takes 9 times as long
            parts.append(self._add("MatMul", [f"frames{block}", weights], f"weighed{block}"))
        self._add("Squeeze", [self._add("Sum", parts, "read"), self._integers("one", 1)], "odds")

    def _block(self, block: int, frames: str, before: str) -> str:
        """Adds to each frame, made narrow, a weighted sum of those before it."""
        narrow = self._layer(f"fsmn.{block}.linear", frames)
        zero = self._integers("zero", 0)
        past = self._add("Squeeze", [before, zero], f"past{block}")
        seen = self._add("Concat", [past, narrow], f"seen{block}", axis=0)
        where = [self._integers("first", -self._sizes.memory), self._integers("end", 2**62), zero]
        last = self._add("Slice", [seen, *where], f"last{block}")
        self._add("Unsqueeze", [last, zero], f"after{block}")
        wide = self._layer(f"fsmn.{block}.affine", self._sum(block, seen))
        return self._add("Relu", [wide], f"frames{block}")

    def _sum(self, block: int, seen: str) -> str:
        """The weighted sum of each channel by itself, and the frame."""
        weights = self._weights[f"fsmn.{block}.fsmn_block.conv_left.weight"]
        # As wide as there are frames and one high: ONNX Runtime is fast at pictures alone.
        taps = weights.transpose(0, 1, 3, 2).copy()
        taps[..., -1] += 1.0  # the frame itself
        kernel = self._constant(f"taps{block}", taps)
        picture = self._integers("picture", 0, 2)
        turned = self._add("Transpose", [seen], f"turned{block}", perm=[1, 0])
        batch = self._add("Unsqueeze", [turned, picture], f"batch{block}")
        summed = self._add(
            "Conv", [batch, kernel], f"summed{block}",
            group=self._sizes.proj_dim, dilations=[1, self._sizes.lstride],
        )  # fmt: skip
        back = self._add("Squeeze", [summed, picture], f"back{block}")
        return self._add("Transpose", [back], f"sum{block}", perm=[1, 0])

    def _layer(self, name: str, frames: str) -> str:
        """Its output, of shape (frames, outputs)."""
        weight = self._constant(f"{name}.weight", self._weights[f"{name}.linear.weight"].T)
        bias = self._weights.get(f"{name}.linear.bias")
        product = self._add("MatMul", [frames, weight], f"{name}.product")
        if bias is None:
            return product
        return self._add("Add", [product, self._constant(f"{name}.bias", bias)], name)

    def _add(
        self,
        operator: str,
        inputs: Sequence[str],
        output: str,
        **attributes: Any,  # noqa: ANN401 - as make_node takes them
    ) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _integers(self, name: str, *values: int) -> str:
        return self._constant(name, np.array(values, dtype=np.int64))

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name


def _value(name: str, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
