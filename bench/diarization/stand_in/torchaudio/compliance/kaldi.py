"""``fbank`` with torchaudio's defaults, by kaldi-native-fbank."""

from __future__ import annotations

import numpy as np
import torch


def fbank(  # noqa: PLR0913 - the arguments are torchaudio's
    waveform: torch.Tensor,
    *,
    num_mel_bins: int = 23,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    window_type: str = "povey",
    sample_frequency: float = 16_000.0,
    snip_edges: bool = True,
) -> torch.Tensor:
    """Log mel energies of the first channel, shape (frames, num_mel_bins); times in ms.

    Args:
        waveform: shape (channels, samples).
    """
    import kaldi_native_fbank

    options = kaldi_native_fbank.FbankOptions()
    frame = options.frame_opts
    frame.samp_freq, frame.dither, frame.window_type = sample_frequency, dither, window_type
    frame.frame_length_ms, frame.frame_shift_ms = frame_length, frame_shift
    frame.snip_edges = snip_edges
    options.mel_opts.num_bins = num_mel_bins
    options.energy_floor = energy_floor
    computer = kaldi_native_fbank.OnlineFbank(options)
    computer.accept_waveform(sample_frequency, waveform[0].numpy())
    computer.input_finished()
    frames = [computer.get_frame(index) for index in range(computer.num_frames_ready)]
    return torch.from_numpy(np.array(frames, dtype=np.float32))
