"""The end-point rules give FunASR's segments, to the millisecond."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.tiny.funasr import funasr_class
from shared.errors import ModelUnusable
from shared.nets.vad import EndPointRules, Segmenter, find_segments

RULES = EndPointRules()


class FixedScores(torch.nn.Module):
    """Stands where FunASR's encoder is and gives the decisions under test as posteriors."""

    def __init__(self) -> None:
        super().__init__()
        self.speech = np.zeros(0, dtype=np.bool_)
        self.position = 0

    def forward(self, features: torch.Tensor, cache: Any) -> torch.Tensor:
        count = features.shape[1]
        part = self.speech[self.position : self.position + count]
        self.position += count
        silence = torch.from_numpy(np.where(part, 0.05, 0.95).astype(np.float32))
        return torch.stack((silence, 1 - silence), dim=1)[None]


def funasr_segments(
    speech: NDArray[np.bool_], rules: EndPointRules, chunk: int
) -> list[tuple[int, int]]:
    """FunASR's own state machine, fed the decisions in chunks of so many frames."""
    funasr_class("funasr.models.fsmn_vad_streaming.encoder", "FSMN")  # registers itself
    cls = funasr_class("funasr.models.fsmn_vad_streaming.model", "FsmnVADStreaming")
    encoder = {
        "input_dim": 1, "input_affine_dim": 1, "fsmn_layers": 1, "linear_dim": 1, "proj_dim": 1,
        "lorder": 1, "rorder": 0, "lstride": 1, "rstride": 0, "output_affine_dim": 1,
        "output_dim": 2,
    }  # fmt: skip
    conf = {name: getattr(rules, name) for name in EndPointRules.__slots__}
    model = cls(encoder="FSMN", encoder_conf=encoder, **conf)
    model.encoder = FixedScores()
    model.encoder.speech = speech
    cache = model.init_cache({})
    segments: list[tuple[int, int]] = []
    for first in range(0, len(speech), chunk):
        frames = min(chunk, len(speech) - first)
        found = model.forward(
            feats=torch.zeros(1, frames, 1),
            waveform=torch.zeros(1, (frames - 1) * 160 + 400),
            cache=cache,
            is_final=first + chunk >= len(speech),
            is_streaming_input=False,
        )
        segments += [(start, end) for part in found for start, end in part]
    return segments


def decisions(lengths: list[int], noise: list[int]) -> NDArray[np.bool_]:
    """Alternating silence and speech of those lengths in frames, with some frames turned over."""
    parts = [np.full(length, index % 2 == 1) for index, length in enumerate(lengths)]
    speech = np.concatenate(parts) if parts else np.zeros(0, dtype=np.bool_)
    for place in noise:
        if len(speech):
            speech[place % len(speech)] ^= True
    return speech


runs = st.lists(st.integers(0, 130), min_size=1, max_size=25)
flips = st.lists(st.integers(0, 3000), max_size=40)
rule_sets = st.builds(
    EndPointRules,
    max_end_silence_time=st.sampled_from([150, 155, 160, 200, 255, 300, 500, 795, 800, 2000]),
    max_single_segment_time=st.sampled_from([1000, 1005, 2500, 10_000, 60_000]),
    speech_to_sil_time_thres=st.sampled_from([100, 150]),
    lookback_time_start_point=st.sampled_from([0, 200]),
    lookahead_time_end_point=st.sampled_from([0, 100]),
)


@settings(max_examples=400, deadline=None)
@given(runs, flips, rule_sets, st.integers(1, 700))
def test_any_decisions_give_the_segments_funasr_gives(
    lengths: list[int], noise: list[int], rules: EndPointRules, chunk: int
) -> None:
    speech = decisions(lengths, noise)
    assert find_segments(speech, rules) == funasr_segments(speech, rules, chunk)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), max_size=600))
def test_restless_decisions_give_the_segments_funasr_gives(bits: list[bool]) -> None:
    speech = np.array(bits, dtype=np.bool_)
    assert find_segments(speech, RULES) == funasr_segments(speech, RULES, 6000)


@settings(max_examples=400, deadline=None)
@given(runs, flips, rule_sets, st.lists(st.integers(0, 900), max_size=30))
def test_decisions_that_come_bit_by_bit_give_the_same_segments(
    lengths: list[int], noise: list[int], rules: EndPointRules, cuts: list[int]
) -> None:
    speech = decisions(lengths, noise)
    segmenter, found, settled = Segmenter(rules), list[tuple[int, int]](), 0
    for part in np.split(speech, np.cumsum(cuts, dtype=int).clip(max=len(speech))):
        closed = segmenter.push(part)
        assert all(start >= settled for start, _ in closed)
        settled = segmenter.settled_ms
        found += closed
    assert [*found, *segmenter.finish()] == find_segments(speech, rules)


def test_an_hour_of_silence_is_not_kept() -> None:
    segmenter = Segmenter(RULES)
    for _ in range(360):
        assert segmenter.push(np.zeros(1000, dtype=np.bool_)) == []
    assert segmenter.settled_ms == 3_600_000 - 400
    assert len(segmenter._speech) <= 20


def test_no_frames_hold_no_segments() -> None:
    assert find_segments(np.zeros(0, dtype=np.bool_), RULES) == []


def test_speech_from_end_to_end_is_cut_at_the_longest_segment() -> None:
    segments = find_segments(np.ones(15_000, dtype=np.bool_), RULES)
    assert [end - start for start, end in segments] == [60_010, 60_010, 29_980]


@pytest.mark.parametrize("rule", ["detect_mode", "snr_thres", "frame_in_ms", "do_extend"])
def test_rules_this_module_does_not_know_are_refused(rule: str) -> None:
    with pytest.raises(ModelUnusable, match=rule):
        EndPointRules.from_config({rule: 5})
