"""Jobs come as often, when and as long as said; a file of real ones is read as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.capacity.trace import BadTrace, read_lengths, read_trace
from tools.capacity.traffic import DAY_S, SHAPES, Demand, Lengths, Shape

LENGTHS = Lengths(60.0, 0.8)


@pytest.mark.parametrize("shape", SHAPES)
def test_as_many_jobs_come_as_are_said_and_when(shape: str) -> None:
    traffic = Demand(2000, SHAPES[shape]).traffic(28, seed=1)
    assert traffic.per_day == pytest.approx(2000, rel=4 / np.sqrt(56_000))
    hours = np.bincount((traffic.arrivals // 3600 % 168).astype(int), minlength=168)
    expected = SHAPES[shape].weights(168) * 2000 / 24 * 4
    assert (np.abs(hours - expected) <= 5 * np.sqrt(expected) + 1e-9).all()
    assert (np.diff(traffic.arrivals) >= 0).all()


def test_office_hours_are_weekdays() -> None:
    days = SHAPES["office"].weights(168).reshape(7, 24).sum(axis=1)
    assert days[:5].min() > 8 * days[5:].max()


def test_bursts_have_their_size_and_change_no_mean() -> None:
    single, bursts = (Demand(5000, Shape(), LENGTHS, size, 10.0).traffic(14) for size in (1, 8))
    assert bursts.per_day == pytest.approx(5000, rel=0.05)
    # Counts of a Poisson process vary as much as their mean; of bursts of geometric size
    # m as much as (2 m - 1) times that.
    for traffic, ratio in ((single, 1), (bursts, 15)):
        counts = np.bincount((traffic.arrivals // 600).astype(int))
        assert counts.var() / counts.mean() == pytest.approx(ratio, rel=0.2)


def test_lengths_have_their_mean_and_spread_and_a_bound() -> None:
    rng = np.random.default_rng(1)
    drawn = LENGTHS.draw(rng, 100_000)
    assert drawn.mean() == pytest.approx(60, rel=0.02)
    assert np.log(drawn).std() == pytest.approx(0.8, rel=0.02)
    assert Lengths(60.0, 0.0).draw(rng, 3).tolist() == pytest.approx([60.0, 60.0, 60.0])
    assert Lengths(40_000.0, 1.0).draw(rng, 1000).max() == 43_200


def test_the_same_seed_is_the_same_traffic() -> None:
    one, same, other = (Demand(100).traffic(7, seed) for seed in (1, 1, 2))
    assert one.arrivals.tolist() == same.arrivals.tolist() != other.arrivals.tolist()


def test_a_scaled_traffic_keeps_its_day() -> None:
    traffic = Demand(2000, SHAPES["office"]).traffic(7)
    more = traffic.scaled(3.0)
    assert more.per_day == pytest.approx(3 * traffic.per_day, rel=0.03)
    day, scaled = (np.histogram(t.arrivals, 28)[0] / len(t.arrivals) for t in (traffic, more))
    assert np.abs(day - scaled).max() < 0.01


def trace(folder: Path, text: str) -> Path:
    file = folder / "trace.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "text",
    [
        "100,5\n110,7\n130,9\n",
        "\ufefftimestamp,audio_s\n130, 9\n\n100,5\n110,7\n",
        "at,s,x\n2026-03-01T00:01:40Z,5,\n2026-03-01 01:01:50+01:00,7,\n2026-03-01T00:02:10,9,\n",
    ],
)
def test_a_trace_may_be_in_seconds_or_iso_with_a_heading_or_not_in_any_order(
    tmp_path: Path, text: str
) -> None:
    found = read_trace(trace(tmp_path, text), LENGTHS)
    assert found.arrivals.tolist() == [0, 10, 30]
    assert found.audio_s.tolist() == [5, 7, 9]
    assert found.period_s == 45


def test_without_lengths_these_are_drawn_and_a_trace_may_stand_for_longer(tmp_path: Path) -> None:
    found = read_trace(trace(tmp_path, "100\n110\n"), Lengths(30.0, 0.0), days=2)
    assert found.audio_s.tolist() == pytest.approx([30, 30])
    assert found.period_s == 2 * DAY_S


def test_lengths_are_drawn_from_a_file(tmp_path: Path) -> None:
    lengths = read_lengths(trace(tmp_path, "seconds\n5\n15\n"))
    assert lengths.mean_s == 10
    assert set(lengths.draw(np.random.default_rng(0), 50)) == {5, 15}


BAD = {
    "": "two jobs at least",
    "timestamp\n5\n": "two jobs at least",
    "1,5\nx,6\n": "line 2: the first column is no time",
    "1,5\n2,-6\n": "line 2: the second column is no length",
    "1,5\n2,nan\n": "line 2: the second column is no length",
    "1,5\n2\n": "in some lines and not in others",
    "5\n5\n": "all jobs come at the same time",
    "1767225600000\n1767225601000\n": "not milliseconds",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_trace_is_refused_by_name_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadTrace, match=BAD[text]) as refused:
        read_trace(trace(tmp_path, text), LENGTHS)
    assert str(refused.value).startswith("trace.csv")


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "noise.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("noise.csv", "none.csv"):
        with pytest.raises(BadTrace, match="cannot be read"):
            read_trace(tmp_path / name, LENGTHS)
    with pytest.raises(BadTrace, match="longer than 0.5 days"):
        read_trace(trace(tmp_path, "0\n86000\n"), LENGTHS, days=0.5)
