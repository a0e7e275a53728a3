"""The part of Paraformer that tells how many tokens there are, and where.

It computes what FunASR's ``CifPredictorV3`` does. It imports torch, so it is imported when a model
is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, linear, pad

from shared.nets.asr.paraformer.cif import Shares, terms
from shared.nets.asr.paraformer.config import Predictor
from shared.nets.asr.sanm import unset


class CifPredictor(nn.Module):
    """The weights of frames, and those of the onsets of tokens.

    Args:
        conf: its shape.
    """

    def __init__(self, conf: Predictor) -> None:
        super().__init__()
        width = conf.idim
        self.cif_conv1d = Neighbours(width, conf.l_order, conf.r_order)
        self.cif_output = Sum(width)
        self.upsample_cnn = Upsampling(width, conf.upsample_times)
        self.blstm = BothWays(width)
        self.cif_output2 = Sum(2 * width)
        self._conf = conf

    def weights(self, padded: Tensor) -> Tensor:
        """How much of a token each frame is.

        Args:
            padded: frames of shape (utterances, longest, width), zero behind the short.

        Returns:
            Shape (utterances, longest).
        """
        part = torch.sigmoid(self.cif_output(torch.relu_(self.cif_conv1d(padded))))
        return torch.relu(part * self._conf.smooth_factor - self._conf.noise_threshold)

    def onsets(self, padded: Tensor, lengths: Sequence[int]) -> Tensor:
        """How much of a token begins in each third of a frame.

        Args:
            padded: frames of shape (utterances, longest, width).
            lengths: how many frames each utterance has.

        Returns:
            Shape (utterances, 3 * longest).
        """
        times = self._conf.upsample_times
        states = self.blstm(self.upsample_cnn(padded), [times * length for length in lengths])
        part = torch.sigmoid(self.cif_output2(states))
        return torch.relu(part * self._conf.smooth_factor2 - self._conf.noise_threshold2)


def gather(padded: Tensor, shares: Sequence[Shares]) -> Tensor:
    """What each token consists of.

    Args:
        padded: frames of shape (utterances, longest, width).
        shares: of each utterance; one has a token at least.

    Returns:
        Shape (utterances, most tokens, width), zero behind the short.
    """
    token, frame, share = (torch.from_numpy(part).to(padded.device) for part in terms(shares))
    utterances, _, width = padded.shape
    most = max(part.tokens for part in shares)
    sums = padded.new_zeros(utterances * most, width)
    sums.index_add_(0, token, padded.flatten(0, 1)[frame] * share[:, None])
    return sums.view(utterances, most, width)


class Sum(nn.Module):
    """A weighted sum of a frame's values."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = unset(1, width)
        self.bias = unset(1)

    def forward(self, padded: Tensor) -> Tensor:
        """Frames of shape (utterances, longest, width) to (utterances, longest)."""
        return linear(padded, self.weight, self.bias)[:, :, 0]


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

    def forward(self, padded: Tensor) -> Tensor:
        """Frames of shape (utterances, longest, width) to (utterances, times * longest, width)."""
        width, _, times = self.weight.shape
        weight = self.weight.permute(2, 1, 0).reshape(times * width, width)
        steps = linear(padded, weight, self.bias.repeat(times))
        return steps.view(len(padded), -1, width)


class BothWays(nn.Module):
    """A recurrent network (LSTM) that runs forwards, and another that runs backwards."""

    def __init__(self, width: int) -> None:
        super().__init__()
        for way in ("", "_reverse"):
            for side in ("ih", "hh"):
                self.register_parameter(f"weight_{side}_l0{way}", unset(4 * width, width))
            for side in ("ih", "hh"):
                self.register_parameter(f"bias_{side}_l0{way}", unset(4 * width))

    def forward(self, padded: Tensor, lengths: Sequence[int]) -> Tensor:
        """Steps of shape (utterances, longest, width) to (utterances, longest, 2 * width)."""
        back = reversal(lengths).to(padded.device)[:, :, None].expand(padded.shape)
        tensors = tuple(self.parameters())
        forwards = self._run(padded, tensors[:4])
        backwards = self._run(padded.gather(1, back), tensors[4:]).gather(1, back)
        return torch.cat((forwards, backwards), dim=2)

    @staticmethod
    def _run(padded: Tensor, tensors: tuple[Tensor, ...]) -> Tensor:
        start = padded.new_zeros(1, len(padded), padded.shape[2])
        # biases, one layer, no dropout, no training, one direction, utterances first
        states, _, _ = torch.lstm(
            padded, [start, start], tensors, True, 1, 0.0, False, False, True
        )  # fmt: skip
        return states


def reversal(lengths: Sequence[int]) -> Tensor:
    """Numbers of steps that turn each utterance round, and back, shape (utterances, longest)."""
    ends = torch.tensor(lengths)[:, None]
    steps = torch.arange(max(lengths)).expand(len(lengths), -1)
    return torch.where(steps < ends, ends - 1 - steps, steps)
