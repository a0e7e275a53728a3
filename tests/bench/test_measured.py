"""Every figure of a measurement shows the numbers beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.plot import KEPT, draw
from bench.report import Report

REPORTS = sorted(KEPT.glob("*.json"))


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_figure_is_drawn_from_the_numbers_that_are_kept(path: Path, tmp_path: Path) -> None:
    drawn = draw(Report.read(path), tmp_path / "figure.svg").read_bytes()
    assert drawn == path.with_suffix(".svg").read_bytes()


def test_each_has_its_place_in_the_measurements() -> None:
    text = (KEPT.parent / "4-measurements.md").read_text()
    assert REPORTS
    assert [path.stem for path in REPORTS if f"(measured/{path.stem}.svg)" not in text] == []
