"""``nox -s run-vad`` answers for each file, in its order, and says by its exit code how it went."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.asr.contract import ASRRequest
from services.vad.contract import VADRequest
from shared.worker.request import parse
from tools.options import add_options, given
from tools.workspace import ROOT, SAMPLE, TINY_MODELS


def run(*arguments: str, models: Path = TINY_MODELS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.run", "vad", *arguments],
        cwd=ROOT, env={"MODELS_DIR": str(models), "COLUMNS": "80"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_several_files_are_answered_in_order_also_after_a_bad_one(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("no audio")
    done = run(str(SAMPLE), str(text), str(SAMPLE), "--json")
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first["segments"] == third["segments"]
    assert second["error"].startswith("decode_failed: ")
    assert done.returncode == 1


def test_options_of_the_endpoint_reach_it() -> None:
    result = json.loads(run(str(SAMPLE), "--json", "--format", "csv", "--pad-ms", "100").stdout)
    assert result["formatted"].startswith("start,end,label")


def test_a_text_format_is_printed_as_it_is() -> None:
    lines = run(str(SAMPLE), "--format", "rttm").stdout.splitlines()
    assert len(lines) >= 4
    assert all(line.startswith("SPEAKER audio 1 ") for line in lines)


def test_an_option_out_of_bounds_is_the_endpoints_own_error() -> None:
    done = run(str(SAMPLE), "--pad-ms", "-5")
    assert done.returncode == 1
    assert "invalid_input: pad_ms: " in done.stderr


def test_a_file_that_is_not_there_is_a_usage_error() -> None:
    done = run("nowhere.wav")
    assert done.returncode == 2
    assert "no such audio file: nowhere.wav" in done.stderr


def test_files_are_named_from_where_the_user_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "-s", "run-vad", "--",
         SAMPLE.name, "--json"],
        cwd=SAMPLE.parent, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["segments"]


def test_a_missing_model_ends_with_its_code(tmp_path: Path) -> None:
    done = run(str(SAMPLE), models=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("model_missing: iic/")


def test_the_tiny_weights_are_announced_on_stderr_only() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.run", "vad", str(SAMPLE), "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
        env={"MODELS_DIR": ""},
    )  # fmt: skip
    assert "tiny weights" in done.stderr
    assert json.loads(done.stdout)["model"]["revision"] == "tiny-1"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["--pad-ms", "5"], {"pad_ms": 5}),
        (["--speech-threshold", "0.5"], {"speech_threshold": 0.5}),
        (["--channel", "left"], {"channel": "left"}),
        (["--channel", "1"], {"channel": 1}),
        (["--return-scores"], {"return_scores": True}),
        (["--mode", "funasr", "--format", "rttm"], {"mode": "funasr", "format": "rttm"}),
    ],
)
def test_every_field_is_an_option(arguments: list[str], expected: dict[str, object]) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, VADRequest)
    fields = given(parser.parse_args(arguments), VADRequest)
    assert fields == expected
    parse(VADRequest, {"audio": "-", **fields}, max_items=1)


def test_a_service_with_several_tasks_has_the_options_of_all() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, VADRequest, ASRRequest)
    help_text = " ".join(parser.format_help().split())
    assert "--pad-ms VALUE" in help_text
    assert "--format json|rttm|audacity|csv|text|srt|vtt|verbose_json" in help_text
    arguments = parser.parse_args(["--language", "zh", "--no-use-itn"])
    assert given(arguments, VADRequest, ASRRequest) == {"language": "zh", "use_itn": False}
