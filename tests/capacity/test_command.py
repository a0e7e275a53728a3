"""``nox -s estimate`` answers in words, pictures and JSON, or says what is wrong."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from runpod_emulator.prices import DISK_GB_MONTH
from tests.capacity import DATA
from tools.capacity.__main__ import main
from tools.capacity.figures import Figures
from tools.endpoints import EndpointSpec
from tools.workspace import ROOT

QUICK = ("--jobs-per-day", "150", "--days", "2", "--only-gpu", "AMPERE_16", "--most-workers", "1")


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setattr(sys, "argv", ["estimate", *options])
    return main()


def test_all_of_it_in_80_columns_with_pictures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(monkeypatch, *QUICK, "--plan", "volume", "--pictures", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    text, _, last = printed.rstrip().rpartition("\n")
    assert max(map(len, text.splitlines())) <= 80
    for said in (
        "rule of thumb", "As it is now", "as a pod", "The plans", "Advice for p95", "What binds",
        "services/vad/endpoint.toml", "Cost against latency", "The busiest day", "network volume $",
    ):  # fmt: skip
        assert said in text, said
    for name in ("latency", "traffic", "day"):
        assert f"{name}.png" in last
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        ET.fromstring((tmp_path / f"{name}.svg").read_text())  # noqa: S314 - our own


def test_workers_on_cpus_have_no_price_that_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = EndpointSpec.of("vad").model_dump()
    on_cpus = EndpointSpec(**fields | {"gpu": (), "cpu": [{"flavor": "cpu5c", "vcpus": 2}]})
    monkeypatch.setattr(EndpointSpec, "of", lambda _: on_cpus)
    with pytest.raises(SystemExit):
        run(monkeypatch, *QUICK)
    assert "such as --gpu AMPERE_16" in capsys.readouterr().err


def document(monkeypatch: pytest.MonkeyPatch, capsys: Any, *options: str) -> dict[str, Any]:
    assert run(monkeypatch, *QUICK, "--json", *options) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_json_has_every_number_and_where_it_is_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(monkeypatch, capsys)
    best = found["advice"]["best"]
    assert best["latency"]["p50"] <= best["latency"]["p95"] <= best["latency"]["p99"]
    assert best["per_month"] == pytest.approx(best["per_day"] * 30)
    assert set(found["plans"]) == {"image", "bundle", "volume"}
    assert found["rule_of_thumb"]["per_month"] < found["present"]["per_month"]
    assert all(figure["source"] for figure in found["figures"])
    assert {True, False} == {figure["measured"] for figure in found["figures"]}
    assert document(monkeypatch, capsys) == found, "the same question has the same answer"


def test_what_somebody_knows_better_is_used_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--rtf", "0.01", "--pass-audio-s", "0.02", "--start", "3", "--pod-price", "0.1")
    found = document(monkeypatch, capsys, *options)
    given = {f["name"]: f["value"] for f in found["figures"] if f["source"] == "given"}
    assert given["vad.rtf.AMPERE_16"] == 0.01
    assert given["vad.pass_audio_s"] == 0.02
    assert given["platform_s"] == 3
    disk = EndpointSpec.of("vad").disk_gb * DISK_GB_MONTH
    assert found["pods"]["per_month"] == pytest.approx(0.1 * 720 + disk)


def test_a_worker_takes_as_many_short_clips_at_a_time_as_service_toml_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = ("--audio", "3", "--audio-spread", "0.3", "--burst", "100", "--burst-s", "5")
    many = document(monkeypatch, capsys, *clips)["present"]["wait"]["p95"]
    few = ("--concurrency", "8", "--short-concurrency", "8")
    assert document(monkeypatch, capsys, *clips, *few)["present"]["wait"]["p95"] > 2 * many


def test_what_is_to_be_known_of_the_advice_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rare = ("--jobs-per-day", "30", "--shape", "flat")
    found = document(monkeypatch, capsys, "--p95", "2", *rare)
    assert found["advice"]["best"]["set_up"]["scaling"]["workers_min"] == 1
    assert [remark.split(":")[0] for remark in found["remarks"]] == [
        "Active workers are counted at the discount RunPod last listed; it now gives one through "
        "its sales department. Without it"
    ]
    cheap = document(monkeypatch, capsys, "--pod-price", "0.01", *rare)
    assert any("as a pod, all day, is fast enough too" in remark for remark in cheap["remarks"])
    slow = document(monkeypatch, capsys, "--rtf", "2", "--audio", "600", *rare)
    assert any("RunPod ends those" in remark for remark in slow["remarks"])
    assert not slow["advice"]["met"]


def test_only_what_is_allowed_is_advised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up = document(monkeypatch, capsys, "--gpu", "ADA_24")["advice"]["best"]["set_up"]
    assert set_up["pools"] == ["AMPERE_16"]
    assert set_up["scaling"]["workers_max"] == 1


def test_a_trace_is_answered_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = "\n".join(f"{second},30" for second in range(0, 90_000, 600))
    (tmp_path / "trace.csv").write_text(rows)
    monkeypatch.setenv("INVOKED_FROM", str(tmp_path))
    found = document(monkeypatch, capsys, "--trace", "trace.csv")
    assert found["jobs"] == 150
    assert found["jobs_per_day"] == pytest.approx(75)


def test_throttled_pools_make_callers_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    free = document(monkeypatch, capsys)["present"]["latency"]["p99"]
    scarce = document(monkeypatch, capsys, "--gpu", "AMPERE_16", "--throttled", "0.3")
    assert scarce["present"]["latency"]["p99"] > 10 * free


BAD = {
    ("--p95", "-1"): "'-1' is not a number above 0",
    ("--jobs-per-day", "many"): "'many' is not a number above 0",
    ("--gpu", "RTX_9000"): "no such pool: RTX_9000; there are AMPERE_16",
    ("--workers-min", "4"): "workers_min is a number from 0 to workers_max",
    ("--trace", "none.csv"): "none.csv: cannot be read",
    ("--service", "tts"): "invalid choice: 'tts'",
    ("--jobs-per-day", "0.001"): "no job comes in that time",
    ("--jobs-per-day", "9000000"): "choose fewer --days",
}


@pytest.mark.parametrize("options", BAD)
def test_a_bad_question_is_refused_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        run(monkeypatch, "--days", "2", *options)
    assert refused.value.code == 2
    assert BAD[options] in capsys.readouterr().err


def test_only_endpoint_toml_says_how_large_a_workers_disk_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = [path for pattern in DATA for path in ROOT.glob(pattern)]
    saying = {path.name for path in read if "disk_gb" in path.read_text(encoding="utf-8")}
    assert saying == {"endpoint.toml"}

    before, of = document(monkeypatch, capsys), EndpointSpec.of
    twice = {"vad": 2, "bundle": 4}
    monkeypatch.setattr(
        EndpointSpec,
        "of",
        lambda name: of(name).model_copy(update={"disk_gb": of(name).disk_gb * twice[name]}),
    )
    found = document(monkeypatch, capsys)
    for plan, times in {"image": 2, "volume": 2, "bundle": 4}.items():
        disks = [answers["plans"][plan]["bill"]["disk"] for answers in (before, found)]
        assert disks[1] == pytest.approx(times * disks[0])
    more = found["pods"]["per_month"] - before["pods"]["per_month"]
    assert more == pytest.approx(of("vad").disk_gb * DISK_GB_MONTH)


def test_every_figure_is_measured_by_a_command_or_has_a_source() -> None:
    figures = Figures.read()
    assert all(figure.source and figure.value >= 0 for figure in figures.known.values())
    commands = [figure.source for figure in figures.known.values() if figure.measured]
    assert all("`" in source for source in commands), "a command, or a file"
