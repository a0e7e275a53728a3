"""A worker that starts imports what it runs: each package it imports has to be allowed here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tools.workspace import ROOT, TINY_MODELS, service_names

CONTRACT = {
    "annotated_types",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
}
ENGINE = {"numpy", "yaml"}
TORCH = {"torch", "torchgen", "tqdm"}
SDK = {
    "aiodns", "aiohappyeyeballs", "aiohttp", "aiohttp_retry", "aiosignal", "attr", "backoff",
    "backports", "brotli", "certifi", "charset_normalizer", "frozenlist", "idna", "multidict",
    "propcache", "pycares", "requests", "runpod", "tomli", "tomlkit", "tqdm_loggable", "urllib3",
    "yarl",
}  # fmt: skip
ALL = CONTRACT | ENGINE | TORCH | SDK

# What each service's start may import, and how many modules that may be: with the standard
# library's, and with a tenth more than there are, for another torch has other modules.
BUDGETS = {
    "asr": (ALL | {"sentencepiece"}, 1_730),
    "bundle": (ALL | {"sentencepiece"}, 1_760),
    "diarization": (ALL, 1_720),
    "vad": (ALL, 1_700),
}

START = """
import importlib, json, sys
from shared.worker.sdk import import_sdk
from shared.worker.start import load
load(importlib.import_module(f"services.{sys.argv[1]}.handler").SERVICE)
import_sdk()
print(json.dumps({name: getattr(module, "__file__", None) for name, module in sys.modules.items()}))
"""


@dataclass(frozen=True)
class Start:
    """What the start of a service imported: the modules' files, and what imported each."""

    service: str
    files: dict[str, str | None]
    importers: dict[str, str]

    def packages(self) -> dict[str, str]:
        """Packages that are not the standard library's nor ours, and what imported each first."""
        found: dict[str, str] = {}
        for name, importer in self.importers.items():
            top = name.partition(".")[0]
            private = top.startswith("_") or top.endswith("__mypyc")  # a part of another
            if "site-packages" in (self.files.get(name) or "") and not private:
                found.setdefault(top, importer)
        return found


@pytest.fixture(scope="module", params=service_names())
def start(request: pytest.FixtureRequest) -> Start:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", START, request.param],
        cwd=ROOT, env={"MODELS_DIR": str(TINY_MODELS)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    # A module's line comes after those of what it imports, which are further to the right.
    importers, above = {}, ["the start"]
    for line in reversed(run.stderr.splitlines()):
        if found := re.fullmatch(r"import time: +\d+ \| +\d+ \|( +)(\S+)", line):
            depth = len(found[1]) // 2
            importers[found[2]] = above[depth]
            above[depth + 1 :] = [found[2]]
    return Start(request.param, json.loads(run.stdout), dict(reversed(importers.items())))


def test_a_start_imports_no_other_package(start: Start) -> None:
    allowed, _ = BUDGETS[start.service]
    packages = start.packages()
    assert {"torch", "runpod", "pydantic"} <= packages.keys()
    more = {name: importer for name, importer in packages.items() if name not in allowed}
    assert not more, "imported at the start, and by what; import it where it is first used"


def test_a_start_imports_no_more_modules(start: Start) -> None:
    _, most = BUDGETS[start.service]
    assert len(start.files) <= most


def test_a_start_leaves_out_what_it_has_no_use_for(start: Start) -> None:
    never = {
        "torch._dynamo", "torch._meta_registrations", "torch.export",  # compilers
        "fastapi", "boto3", "paramiko", "cpuinfo",  # of the SDK
        "av", "soundfile", "soxr",  # read recordings, of which the first is yet to come
    }  # fmt: skip
    assert not never & start.files.keys()


FIRST = """
import json, sys
from tools.local import LocalWorker
from tools.workspace import COMMANDS
from shared.worker.start import import_readers
worker = LocalWorker(sys.argv[1])
import_readers()
before = {*sys.modules}
task = {"task": "transcribe"} if sys.argv[1] == "bundle" else {}
assert "error" not in worker.answer(COMMANDS, task)
print(json.dumps(sorted({*sys.modules} - before)))
"""
# By FFmpeg's interface for a file, and for the first name of a host.
OF_A_FILE = {"av.subtitles", "av.subtitles.stream", "encodings.idna", "stringprep"}


@pytest.mark.parametrize("service", service_names())
def test_the_first_job_finds_everything_imported(service: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", FIRST, service],
        cwd=ROOT, env={"MODELS_DIR": str(TINY_MODELS)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {*json.loads(run.stdout)} <= OF_A_FILE
