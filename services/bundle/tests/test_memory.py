"""Models are loaded when they are wanted, and dropped when others need their room."""

from __future__ import annotations

import gc
import logging
import shutil
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bundle.contract import BundleRequest
from services.bundle.engines import Bundle
from services.bundle.handler import SERVICE
from services.bundle.memory import Memory, Model
from shared.audio import SAMPLE_RATE, Recording
from shared.errors import ModelMissing, ModelUnusable, OutOfMemory
from shared.worker.request import choose, parse
from tools.workspace import TINY_MODELS

Load = Callable[..., Bundle]
NOISE = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny weights, to be spoilt; the bundle's models."""
    shutil.copytree(TINY_MODELS / "iic", tmp_path / "iic")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def load(models: Path) -> Load:
    """The engine with other settings."""

    def engine(**settings: Any) -> Bundle:
        engine = {**SERVICE.spec.engine, **settings}
        return Bundle.load(SERVICE.spec.model_copy(update={"engine": engine}))

    return engine


def run(bundle: Bundle, task: str) -> None:
    job_input = {"task": task, "audio": "-"}
    request: BundleRequest = parse(choose(SERVICE.contracts, job_input).request, job_input, 1)
    bundle.run(Recording([NOISE]), request)


def loaded(bundle: Bundle) -> set[str]:
    return {model.name for model in bundle.needs("transcribe") if model.loaded}


def size(bundle: Bundle, *names: str) -> int:
    return sum(model.size for model in bundle.needs("transcribe") if model.name in names)


def test_what_is_not_wanted_at_start_is_loaded_by_its_first_job(load: Load) -> None:
    bundle = load(load_at_start=["vad"])
    bundle.warm_up()
    assert loaded(bundle) == {"vad"}
    run(bundle, "diarization")
    assert loaded(bundle) == {"vad", "speaker"}
    run(bundle, "transcribe")
    assert loaded(bundle) == {"vad", "speaker", "asr"}


def test_nothing_need_be_loaded_at_start(load: Load) -> None:
    bundle = load(load_at_start=[])
    bundle.warm_up()
    assert loaded(bundle) == set()
    assert len(bundle.models) == 3


def test_a_model_that_is_missing_stops_the_start_whenever_it_is_loaded(
    load: Load, models: Path
) -> None:
    shutil.rmtree(models / SERVICE.spec.model("speaker").id)
    with pytest.raises(ModelMissing, match="campplus"):
        load(load_at_start=["vad"])


def test_the_size_of_a_model_is_that_of_its_files(load: Load, models: Path) -> None:
    bundle = load(load_at_start=[])
    for model in bundle.needs("diarization"):
        folder = models / SERVICE.spec.model(model.name).id
        files = [folder / name for name in SERVICE.spec.model(model.name).files]
        assert model.size == sum(file.stat().st_size for file in files)


def test_the_model_longest_unused_makes_room_and_its_memory_is_let_go(load: Load) -> None:
    whole = load(load_at_start=[])
    bundle = load(load_at_start=["vad"], max_model_bytes=size(whole, "vad", "asr"))
    run(bundle, "diarization")
    dropped = weakref.ref(bundle._speaker.network._network)
    run(bundle, "asr")
    assert loaded(bundle) == {"vad", "asr"}
    gc.collect()
    assert dropped() is None
    run(bundle, "diarization")
    assert loaded(bundle) == {"vad", "speaker"}


def test_a_task_that_has_no_room_is_refused_and_the_others_go_on(load: Load) -> None:
    whole = load(load_at_start=[])
    bundle = load(load_at_start=["asr"], max_model_bytes=size(whole, "vad", "asr"))
    with pytest.raises(OutOfMemory, match="no room for the models of that task") as refused:
        run(bundle, "transcribe")
    assert not refused.value.retryable
    assert loaded(bundle) == {"vad", "asr"}
    run(bundle, "asr")


def test_what_has_no_room_at_start_stops_it(load: Load) -> None:
    whole = load(load_at_start=[])
    with pytest.raises(ModelUnusable, match="load_at_start have [0-9]+ bytes, max_model_bytes"):
        load(max_model_bytes=size(whole, "vad", "asr"))


def test_a_model_that_fails_on_first_use_is_a_typed_error_that_tells_the_caller_no_more(
    load: Load, models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = load(load_at_start=["vad"])
    (models / SERVICE.spec.model("speaker").id / "config.yaml").write_text("model_conf: {x: []}")
    with caplog.at_level(logging.ERROR), pytest.raises(ModelUnusable) as failed:
        run(bundle, "diarization")
    assert failed.value.__cause__ is None
    assert "model_unusable: iic/speech_campplus" in caplog.text
    run(bundle, "vad")


def test_what_a_job_uses_is_dropped_only_after_its_end() -> None:
    memory, (first, second) = Memory(1), [Model(name, 1, object) for name in "ab"]
    with ThreadPoolExecutor(2) as jobs:
        with memory.hold([first]):
            others = [jobs.submit(used, memory, model) for model in (second, first)]
            with pytest.raises(TimeoutError):
                others[0].result(0.1)
            assert first.loaded
            assert not second.loaded
            with pytest.raises(TimeoutError):
                others[1].result(0.1)  # it would have room, but came later
        for other in others:
            other.result(10)


def used(memory: Memory, model: Model[object]) -> None:
    with memory.hold([model]):
        assert model.loaded


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    jobs=st.lists(st.sets(st.integers(0, 5), min_size=1), max_size=20),
    room=st.integers(1, 30),
)
def test_there_is_never_more_than_there_is_room_for_and_always_what_a_job_needs(
    sizes: list[int], jobs: list[set[int]], room: int
) -> None:
    models = [Model(str(n), size, object) for n, size in enumerate(sizes)]
    memory = Memory(room)
    order: list[Model[object]] = []  # by last use
    for job in jobs:
        wanted = [models[n] for n in sorted(job) if n < len(models)]
        fits = sum(model.size for model in wanted) <= room
        before = {model for model in models if model.loaded}
        if not fits:
            with pytest.raises(OutOfMemory), memory.hold(wanted):
                pass
            assert {model for model in models if model.loaded} == before
            continue
        with memory.hold(wanted):
            assert all(model.loaded for model in wanted)
        order = [model for model in order if model not in wanted] + wanted
        kept = [model for model in order if model.loaded]
        assert sum(model.size for model in kept) <= room
        assert all(model.loaded for model in wanted)
        gone = before - set(kept)
        assert all(order.index(one) < order.index(other) for one in gone for other in kept)
