"""Paraformer's decoder: all tokens at once, each with its eyes on the frames.

It computes what FunASR's ``ParaformerSANMDecoder`` does, and its tensors have their names. It
imports torch, so it is imported when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from shared.nets.asr.sanm import Linear, Memory, Norm, Utterances, unset
from shared.nets.asr.sizes import EncoderSizes


class ParaformerDecoder(nn.Module):
    """The whole decoder, to be given a checkpoint's weights.

    Args:
        sizes: its shape.
        outputs: number of tokens of the vocabulary.
    """

    def __init__(self, sizes: EncoderSizes, outputs: int) -> None:
        super().__init__()
        self.embed = nn.ModuleList([Embedding(outputs, sizes.width)])
        self.decoders = nn.ModuleList(Layer(sizes) for _ in range(sizes.blocks))
        self.decoders3 = nn.ModuleList([LastLayer(sizes)])
        self.after_norm = Norm(sizes.width, sizes.epsilon)
        self.output_layer = Linear(sizes.width, outputs)

    def forward(
        self, padded: Tensor, tokens: Utterances, heard: Tensor, frames: Utterances
    ) -> Iterator[Tensor]:
        """Scores of the vocabulary for each token.

        Args:
            padded: a vector for each token, shape (utterances, most tokens, width).
            tokens: how many each utterance has; one may have none.
            heard: the encoder's frames, shape (utterances, longest, width).
            frames: how many each utterance has.

        Yields:
            Blocks of shape (tokens, outputs), the utterances one behind the other; there may be
            more than all tokens, and what is behind them means nothing.
        """
        blocks, memory = tokens.rows(padded), frames.rows(heard)
        for layer in self.decoders:
            blocks = layer(blocks, tokens, memory, frames)
        for rows in blocks:
            yield self.output_layer(self.after_norm(self.decoders3[0](rows)))


class Embedding(nn.Module):
    """Vectors of the vocabulary's tokens: part of every checkpoint, but only training uses them."""

    def __init__(self, outputs: int, width: int) -> None:
        super().__init__()
        self.weight = unset(outputs, width)


class LastLayer(nn.Module):
    """A feed-forward network behind a normalisation."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.norm1 = Norm(sizes.width, sizes.epsilon)
        self.feed_forward = FeedForward(sizes)

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of shape (tokens, width) to rows of the same shape."""
        out: Tensor = self.feed_forward(self.norm1(rows))
        return out


class Layer(nn.Module):
    """A feed-forward network, and a look at the neighbouring tokens and at the frames."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.norm1 = Norm(sizes.width, sizes.epsilon)
        self.feed_forward = FeedForward(sizes)
        self.norm2 = Norm(sizes.width, sizes.epsilon)
        self.self_attn = nn.ModuleDict({"fsmn_block": Memory(sizes)})
        self.norm3 = Norm(sizes.width, sizes.epsilon)
        self.src_attn = CrossAttention(sizes)

    def forward(
        self, blocks: Sequence[Tensor], tokens: Utterances, heard: Sequence[Tensor],
        frames: Utterances,
    ) -> list[Tensor]:  # fmt: skip
        """Blocks of rows, of shape (tokens, width), to blocks of the same shapes."""
        padded = tokens.pad([self.norm2(self.feed_forward(self.norm1(rows))) for rows in blocks])
        found = tokens.rows(self.self_attn["fsmn_block"](padded))
        for rows, before in zip(found, blocks, strict=True):
            rows.add_(before)
        seen = self.src_attn(map(self.norm3, found), tokens, heard, frames)
        return [rows.add_(more) for rows, more in zip(found, seen, strict=True)]


class FeedForward(nn.Module):
    """Two products with a rectification and a normalisation between them."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.w_1 = Linear(sizes.width, sizes.hidden)
        self.norm = Norm(sizes.hidden, sizes.epsilon)
        self.w_2 = Linear(sizes.hidden, sizes.width, bias=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Rows of shape (tokens, width) to rows of the same shape."""
        out: Tensor = self.w_2(self.norm(torch.relu_(self.w_1(rows))))
        return out


class CrossAttention(nn.Module):
    """Attention of the tokens to the frames."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        self.linear_q = Linear(sizes.width, sizes.width)
        self.linear_k_v = Linear(sizes.inputs, 2 * sizes.width)
        self.linear_out = Linear(sizes.width, sizes.width)
        self._heads = sizes.heads

    def forward(
        self, blocks: Iterable[Tensor], tokens: Utterances, heard: Sequence[Tensor],
        frames: Utterances,
    ) -> list[Tensor]:  # fmt: skip
        """Blocks of rows, of shape (tokens, width), to blocks of the same shapes."""
        query = self._by_head(tokens.pad([self.linear_q(rows) for rows in blocks]))
        both = frames.pad([self.linear_k_v(rows) for rows in heard])
        key, value = map(self._by_head, both.chunk(2, dim=2))
        seen = scaled_dot_product_attention(query, key, value, attn_mask=frames.mask)
        return [self.linear_out(rows) for rows in tokens.rows(seen.transpose(1, 2).flatten(2))]

    def _by_head(self, padded: Tensor) -> Tensor:
        utterances, longest, width = padded.shape
        return padded.view(utterances, longest, self._heads, width // self._heads).transpose(1, 2)
