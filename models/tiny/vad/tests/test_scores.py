from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.tiny.vad.evaluate import Report
from models.tiny.vad.release import write_card
from models.tiny.vad.scores import Score, best_threshold, frames_of, score


def test_segments_become_10_ms_frames() -> None:
    frames = frames_of([(0.02, 0.05), (0.08, 9.0)], count=10)
    np.testing.assert_array_equal(np.flatnonzero(frames), [2, 3, 4, 8, 9])


def test_a_score_counts_hits_false_alarms_and_misses() -> None:
    truth = np.array([1, 1, 1, 1, 0, 0], dtype=bool)
    decided = np.array([1, 1, 0, 0, 1, 0], dtype=bool)
    result = score(decided, truth)
    assert result.precision == pytest.approx(2 / 3)
    assert result.recall == pytest.approx(1 / 2)
    assert result.f1 == pytest.approx(4 / 7)


def test_deciding_nothing_scores_zero() -> None:
    assert score(np.zeros(3, dtype=bool), np.ones(3, dtype=bool)).f1 == 0


def test_the_best_threshold_parts_speech_from_silence() -> None:
    truth = np.arange(100) >= 40
    odds = np.linspace(-2.0, 2.0, 100, dtype=np.float32)
    np.testing.assert_array_equal(odds > best_threshold(odds, truth), truth)


def test_the_card_says_which_figures_were_not_measured(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"\0" * 2000)
    write_card(tmp_path, Report(Score(0.5, 0.25, 0.333)))
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "| 0.333 | 0.500 | 0.250 |" in card
    assert card.count("not measured") == 3
    assert "$" not in card
