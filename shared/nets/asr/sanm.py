"""The SAN-M encoder: self-attention with a memory of the neighbouring frames.

It computes what FunASR's ``SANMEncoder`` and ``SenseVoiceEncoderSmall`` do, and its tensors have
their names. It imports torch, so it is imported when a model is loaded.

Utterances go through it one behind the other, as rows without padding, so most of the work is
products of large matrices and none of it is spent on padding. They lie padded beside each other
only where frames meet: in the attention and the memory.

Source: Gao et al., "SAN-M: memory equipped self-attention for end-to-end speech recognition",
Interspeech 2020.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, pad, scaled_dot_product_attention
from torch.nn.utils.rnn import pad_sequence

from shared.nets.asr.sizes import EncoderSizes

BLOCK = 256  # rows that a CPU computes at once: what they become stays in its cache
ROUND = 16  # what their number is rounded up to


class Utterances:
    """Where utterances lie in rows one behind the other, and padded beside each other.

    On a CPU a few rows that mean nothing are added, because oneDNN compiles and keeps code for
    every number of rows it meets, 0.7 MB each.

    Args:
        lengths: frames of each, one at least.
        device: a torch device.
    """

    def __init__(self, lengths: Sequence[int], device: torch.device) -> None:
        self.lengths = lengths
        self.shape = (len(lengths), max(lengths))
        frames = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        self.mask: Tensor | None = None  # of the keys that are frames, (utterances, 1, 1, longest)
        if min(lengths) < max(lengths):
            self.mask = frames[:, None, None].to(device)
        self._none = frames.numel()  # the place of rows that mean nothing
        places = frames.flatten().nonzero()[:, 0]
        on_cpu = device.type == "cpu"
        more = -len(places) % ROUND if on_cpu else 0
        places = torch.cat((places, places.new_full((more,), self._none))).to(device)
        self.places = torch.split(places, BLOCK if on_cpu else len(places))

    def rows(self, padded: Tensor) -> list[Tensor]:
        """Blocks of rows, of shape (frames, dim), from (utterances, longest, dim)."""
        flat = padded.reshape(self._none, padded.shape[2])
        return [flat.index_select(0, part.clamp(max=self._none - 1)) for part in self.places]

    def pad(self, blocks: Sequence[Tensor]) -> Tensor:
        """Blocks of rows to shape (utterances, longest, dim), with zeros behind the short."""
        flat = blocks[0].new_zeros(self._none + 1, blocks[0].shape[1])
        for block, places in zip(blocks, self.places, strict=True):
            flat.index_copy_(0, places, block)
        return flat[:-1].view(*self.shape, flat.shape[1])


class Linear(nn.Module):
    """A product with weights; unlike torch's, it draws none before those of a checkpoint come."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = unset(outputs, inputs)
        self.bias = unset(outputs) if bias else None

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of shape (frames, inputs) to (frames, outputs)."""
        return product(rows, self.weight, self.bias)


class Norm(nn.Module):
    """Normalisation of each row."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = unset(width)
        self.bias = unset(width)
        self._epsilon = epsilon

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of shape (frames, width) to rows of the same shape."""
        return layer_norm(rows, self.weight.shape, self.weight, self.bias, self._epsilon)


class Memory(nn.Module):
    """A weighted sum of the neighbouring frames, channel by channel, and the frame itself."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.weight = unset(sizes.width, 1, sizes.kernel)
        before = (sizes.kernel - 1) // 2 + sizes.shift
        self._edges = (before, sizes.kernel - 1 - before)

    def forward(self, padded: Tensor) -> Tensor:
        """Frames of shape (utterances, longest, width), zero where they are padding."""
        count = padded.shape[1]
        around = pad(padded, (0, 0, *self._edges))
        memory = padded.clone()
        for start, weight in enumerate(self.weight[:, 0].T.contiguous()):
            memory.addcmul_(around[:, start : start + count], weight)
        return memory


class Attention(nn.Module):
    """Self-attention, and the memory of the values."""

    def __init__(self, inputs: int, sizes: EncoderSizes) -> None:
        super().__init__()
        self.linear_q_k_v = Linear(inputs, 3 * sizes.width)
        self.linear_out = Linear(sizes.width, sizes.width)
        self.fsmn_block = Memory(sizes)
        self._heads = sizes.heads

    def forward(self, blocks: Iterable[Tensor], where: Utterances) -> Iterator[Tensor]:
        """Blocks of rows, of shape (frames, inputs), to (frames, width)."""
        padded = where.pad([self.linear_q_k_v(rows) for rows in blocks])
        values = padded.chunk(3, dim=2)[2]
        query, key, value = map(self._by_head, padded.chunk(3, dim=2))
        seen = scaled_dot_product_attention(query, key, value, attn_mask=where.mask)
        attended = where.rows(seen.transpose(1, 2).flatten(2))
        memory = where.rows(self.fsmn_block(values))
        for rows, remembered in zip(attended, memory, strict=True):
            yield self.linear_out(rows).add_(remembered)

    def _by_head(self, padded: Tensor) -> Tensor:
        utterances, longest, width = padded.shape
        return padded.view(utterances, longest, self._heads, width // self._heads).transpose(1, 2)


class FeedForward(nn.Module):
    """Two products with a rectification between them."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.w_1 = Linear(sizes.width, sizes.hidden)
        self.w_2 = Linear(sizes.hidden, sizes.width)

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of shape (frames, width) to rows of the same shape."""
        hidden: Tensor = self.w_1(rows)
        out: Tensor = self.w_2(hidden.relu_())
        return out


class Layer(nn.Module):
    """Attention and a feed-forward network, each behind a normalisation and beside a short cut."""

    def __init__(self, inputs: int, sizes: EncoderSizes) -> None:
        super().__init__()
        self.self_attn = Attention(inputs, sizes)
        self.feed_forward = FeedForward(sizes)
        self.norm1 = Norm(inputs, sizes.epsilon)
        self.norm2 = Norm(sizes.width, sizes.epsilon)
        self._short_cut = inputs == sizes.width

    def forward(self, blocks: list[Tensor], where: Utterances) -> list[Tensor]:
        """Blocks of rows, of shape (frames, inputs), to (frames, width)."""
        attended = list(self.self_attn(map(self.norm1, blocks), where))
        for rows, before in zip(attended, blocks, strict=True):
            if self._short_cut:
                rows.add_(before)
            rows.add_(self.feed_forward(self.norm2(rows)))
        return attended


class SanmEncoder(nn.Module):
    """The whole encoder, to be given a checkpoint's weights.

    Args:
        sizes: its shape.
    """

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        width = sizes.width
        self.encoders0 = nn.ModuleList([Layer(sizes.inputs, sizes)])
        self.encoders = nn.ModuleList(Layer(width, sizes) for _ in range(sizes.blocks - 1))
        self.after_norm = Norm(width, sizes.epsilon)
        if sizes.top_blocks:
            self.tp_encoders = nn.ModuleList(Layer(width, sizes) for _ in range(sizes.top_blocks))
            self.tp_norm = Norm(width, sizes.epsilon)
        self._scale = math.sqrt(width)

    def forward(self, utterances: Sequence[Tensor]) -> Tensor:
        """Encode utterances, each by itself.

        Args:
            utterances: frames of each, shape (frames, inputs), one at least.

        Returns:
            The frames of all, one utterance behind the other, shape (all frames, width).
        """
        frames = pad_sequence(list(utterances), batch_first=True) * self._scale
        _, longest, width = frames.shape
        frames += positions(longest, width, frames.device).to(frames.dtype)
        where = Utterances([len(part) for part in utterances], frames.device)
        blocks = where.rows(frames)
        for layer in (*self.encoders0, *self.encoders):
            blocks = layer(blocks, where)
        blocks = [self.after_norm(rows) for rows in blocks]
        if hasattr(self, "tp_encoders"):
            for layer in self.tp_encoders:
                blocks = layer(blocks, where)
            blocks = [self.tp_norm(rows) for rows in blocks]
        return torch.cat(blocks)[: sum(where.lengths)]


def product(rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Torch's ``linear``; on a CPU by oneDNN.

    Torch would take MKL for 32 bits, which is a tenth slower here on the encoder's sizes, and by
    half on those of the output layer. The operator is the one that torch's compiler takes.
    """
    if rows.is_cpu and hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        more = -len(rows) % ROUND  # of the encoder's rows none: see Utterances
        even = pad(rows, (0, 0, 0, more)) if more else rows
        found: Tensor = torch.ops.mkldnn._linear_pointwise(even, weight, bias, "none", [], "")
        return found[: len(rows)]
    return linear(rows, weight, bias)


def positions(count: int, width: int, device: torch.device) -> Tensor:
    """Sines and cosines of the positions from one on, shape (count, width).

    Source: Vaswani et al., "Attention is all you need", 2017; sines first, as FunASR has them.
    """
    steps = torch.arange(width // 2, device=device)
    rates = torch.exp(steps * (-math.log(10_000) / (width / 2 - 1)))
    angles = torch.arange(1, count + 1, device=device)[:, None] * rates
    return torch.cat((angles.sin(), angles.cos()), dim=1)


def unset(*shape: int) -> nn.Parameter:
    """A parameter without values or memory, until a checkpoint's takes its place."""
    return nn.Parameter(torch.empty(shape, device="meta"), requires_grad=False)
