"""The part of Paraformer that tells how many tokens there are, and where.

It computes what FunASR's ``CifPredictorV3`` does. It imports torch, so it is imported when a model
is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, pad

from shared.nets.asr.paraformer.cif import Shares, terms
from shared.nets.asr.paraformer.config import Predictor
from shared.nets.asr.sanm import Linear, Utterances, product, unset


class CifPredictor(nn.Module):
    """The weights of frames, and those of the onsets of tokens.

    Args:
        conf: its shape.
    """

    def __init__(self, conf: Predictor) -> None:
        super().__init__()
        width = conf.idim
        self.cif_conv1d = Neighbours(width, conf.l_order, conf.r_order)
        self.cif_output = Linear(width, 1)
        self.upsample_cnn = Upsampling(width, conf.upsample_times)
        self.blstm = BothWays(width)
        self.cif_output2 = Linear(2 * width, 1)
        self._conf = conf

    def weights(self, rows: Tensor, where: Utterances) -> Tensor:
        """How much of a token each frame is, shape (frames,)."""
        near = where.rows(torch.relu_(self.cif_conv1d(where.pad(rows))))
        part = torch.sigmoid(self.cif_output(near)[:, 0])
        return torch.relu(part * self._conf.smooth_factor - self._conf.noise_threshold)

    def onsets(self, rows: Tensor, where: Utterances) -> Tensor:
        """How much of a token begins in each third of a frame, shape (3 * frames,)."""
        steps = self.upsample_cnn(rows)
        lengths = [self._conf.upsample_times * length for length in where.lengths]
        states = self.blstm(steps, Utterances(lengths, steps.device))
        part = torch.sigmoid(self.cif_output2(states)[:, 0])
        return torch.relu(part * self._conf.smooth_factor2 - self._conf.noise_threshold2)


def gather(rows: Tensor, shares: Sequence[Shares]) -> Tensor:
    """What each token consists of.

    Args:
        rows: frames of some utterances, one behind the other, shape (frames, width).
        shares: of each utterance.

    Returns:
        Shape (tokens, width), one utterance behind the other.
    """
    token, frame, share = (torch.from_numpy(part).to(rows.device) for part in terms(shares))
    sums = rows.new_zeros(sum(part.tokens for part in shares), rows.shape[1])
    return sums.index_add_(0, token, rows[frame] * share[:, None])


class Neighbours(nn.Module):
    """A convolution of each frame with those around it."""

    def __init__(self, width: int, before: int, behind: int) -> None:
        super().__init__()
        self.weight = unset(width, width, before + 1 + behind)
        self.bias = unset(width)
        self._edges = (before, behind)

    def forward(self, padded: Tensor) -> Tensor:
        """Frames of shape (utterances, longest, width) to as many."""
        return conv1d(pad(padded.mT, self._edges), self.weight, self.bias).mT


class Upsampling(nn.Module):
    """A transposed convolution whose steps do not overlap, hence a product of matrices."""

    def __init__(self, width: int, times: int) -> None:
        super().__init__()
        self.weight = unset(width, width, times)
        self.bias = unset(width)

    def forward(self, rows: Tensor) -> Tensor:
        """Frames of shape (frames, width) to (times * frames, width)."""
        width, _, times = self.weight.shape
        weight = self.weight.permute(2, 1, 0).reshape(times * width, width)
        return product(rows, weight, self.bias.repeat(times)).view(-1, width)


class BothWays(nn.Module):
    """A recurrent network (LSTM) that runs forwards, and another that runs backwards."""

    def __init__(self, width: int) -> None:
        super().__init__()
        for way in ("", "_reverse"):
            for side in ("ih", "hh"):
                self.register_parameter(f"weight_{side}_l0{way}", unset(4 * width, width))
            for side in ("ih", "hh"):
                self.register_parameter(f"bias_{side}_l0{way}", unset(4 * width))

    def forward(self, rows: Tensor, where: Utterances) -> Tensor:
        """Rows of shape (steps, width) to (steps, 2 * width)."""
        backwards = reversal(where.lengths).to(rows.device)
        tensors = tuple(self.parameters())
        forth = self._run(rows, where, tensors[:4])
        back = self._run(rows[backwards], where, tensors[4:])
        return torch.cat((forth, back[backwards]), dim=1)

    def _run(self, rows: Tensor, where: Utterances, tensors: tuple[Tensor, ...]) -> Tensor:
        padded = where.pad(rows)
        start = padded.new_zeros(1, len(padded), padded.shape[2])
        # biases, one layer, no dropout, no training, one direction, utterances first
        states, _, _ = torch.lstm(
            padded, [start, start], tensors, True, 1, 0.0, False, False, True
        )  # fmt: skip
        return where.rows(states)


def reversal(lengths: Sequence[int]) -> Tensor:
    """Numbers of rows that turn each utterance round, and back."""
    parts, first = [], 0
    for length in lengths:
        parts.append(torch.arange(first + length - 1, first - 1, -1))
        first += length
    return torch.cat(parts)
