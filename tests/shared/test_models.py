"""Models are found in every layout, checked against their lock, and loaded whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from shared.errors import ModelAltered, ModelMissing, ModelUnusable
from shared.models.folder import ModelFolder, locate
from shared.models.lean import available_cores, load_weights
from shared.models.lock import LOCK_NAME, sha256

NAME = "speech_x.y"
CONFIGURATION = {
    "file_path_metas": {"init_param": "model.pt", "frontend_conf": {"cmvn_file": "am.mvn"}}
}


def make(folder: Path, *, lock: bool = False, model_id: str = f"iic/{NAME}") -> Path:
    folder.mkdir(parents=True)
    (folder / "configuration.json").write_text(json.dumps(CONFIGURATION))
    (folder / "config.yaml").write_text("model: X\n")
    (folder / "model.pt").write_bytes(b"weights")
    if lock:
        files = [
            {"path": path.name, "size": path.stat().st_size, "sha256": sha256(path)}
            for path in sorted(folder.iterdir())
        ]
        entry = {"id": model_id, "revision": "v1", "files": files}
        (folder / LOCK_NAME).write_text(json.dumps({"version": 1, "models": [entry]}))
    return folder


@pytest.mark.parametrize(
    "layout",
    [
        f"iic/{NAME}",
        f"damo/{NAME}",
        f"models/iic--{NAME}/snapshots/v2.0.4",
        f"models/iic--{NAME}/snapshots/master",
        f"iic--{NAME}/snapshots/v2.0.4",
        f"models/damo--{NAME}/snapshots/master",
        f"models/iic/{NAME}",
        "models/iic/speech_x___y",
        f"hub/iic/{NAME}",
        "hub/iic/speech_x___y",
        f"hub/models/iic/{NAME}",
    ],
)
@pytest.mark.parametrize("owner", ["iic", "damo"])
def test_a_model_is_found_where_modelscope_puts_it(tmp_path: Path, layout: str, owner: str) -> None:
    folder = make(tmp_path / layout)
    assert locate(f"{owner}/{NAME}", tmp_path, "v2.0.4").path == folder


def test_the_wanted_revision_is_taken_from_a_cache_of_several(tmp_path: Path) -> None:
    for revision in ("master", "v1", "v2"):
        make(tmp_path / f"models/iic--{NAME}/snapshots/{revision}")
    assert locate(f"iic/{NAME}", tmp_path, "v1").path.name == "v1"


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "iic" / NAME).mkdir(parents=True)
    with pytest.raises(ModelMissing, match="MODELS_DIR") as caught:
        locate(f"iic/{NAME}", tmp_path)
    assert str(tmp_path) not in str(caught.value)


def test_a_model_without_a_lock_is_unverified(tmp_path: Path) -> None:
    make(tmp_path / "iic" / NAME)
    folder = locate(f"iic/{NAME}", tmp_path)
    folder.verify()
    assert (folder.verified, folder.revision) == (False, None)


def test_a_model_with_a_lock_is_verified_under_both_names(tmp_path: Path) -> None:
    make(tmp_path / "iic" / NAME, lock=True)
    folder = locate(f"damo/{NAME}", tmp_path)
    folder.verify()
    assert (folder.verified, folder.revision) == (True, "v1")


@pytest.mark.parametrize("change", [b"Weights", b"weight", b"weights and more", b""])
def test_an_altered_or_cut_file_is_found(tmp_path: Path, change: bytes) -> None:
    folder = make(tmp_path / "iic" / NAME, lock=True)
    (folder / "model.pt").write_bytes(change)
    with pytest.raises(ModelAltered, match="model.pt"):
        locate(f"iic/{NAME}", tmp_path).verify()


def test_a_large_file_is_compared_by_size_unless_asked(tmp_path: Path) -> None:
    folder = make(tmp_path / "iic" / NAME, lock=True)
    (folder / "model.pt").write_bytes(b"Weights")
    model = locate(f"iic/{NAME}", tmp_path)
    model.verify(hash_up_to=3)
    with pytest.raises(ModelAltered):
        model.verify(hash_up_to=None)


def test_a_locked_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    folder = make(tmp_path / "iic" / NAME, lock=True)
    (folder / "model.pt").unlink()
    with pytest.raises(ModelMissing, match="model.pt"):
        locate(f"iic/{NAME}", tmp_path).verify()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"models": [{"id": 3}]}', "not json"])
def test_an_unreadable_lock_stops_the_start(tmp_path: Path, text: str) -> None:
    folder = make(tmp_path / "iic" / NAME)
    (folder / LOCK_NAME).write_text(text)
    with pytest.raises(ModelAltered):
        locate(f"iic/{NAME}", tmp_path)


def test_the_lock_of_another_model_stops_the_start(tmp_path: Path) -> None:
    make(tmp_path / "iic" / NAME, lock=True, model_id="iic/other")
    with pytest.raises(ModelAltered, match="another"):
        locate(f"iic/{NAME}", tmp_path)


def test_a_file_the_lock_does_not_list_is_not_used(tmp_path: Path) -> None:
    folder = make(tmp_path / "iic" / NAME, lock=True)
    (folder / "evil.pt").write_bytes(b"x")
    with pytest.raises(ModelAltered, match="not in its lock"):
        locate(f"iic/{NAME}", tmp_path).file("evil.pt")


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a/../../b"])
def test_a_configuration_cannot_point_out_of_its_folder(tmp_path: Path, name: str) -> None:
    folder = make(tmp_path / "iic" / NAME)
    (folder / "configuration.json").write_text(
        json.dumps({"file_path_metas": {"init_param": name}})
    )
    with pytest.raises(ModelAltered, match="outside"):
        locate(f"iic/{NAME}", tmp_path).asset("init_param")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"file_path_metas": {"init_param": 3}}'])
def test_a_configuration_that_names_no_weights_is_unusable(tmp_path: Path, text: str) -> None:
    folder = make(tmp_path / "iic" / NAME)
    (folder / "configuration.json").write_text(text)
    with pytest.raises(ModelUnusable, match="init_param"):
        locate(f"iic/{NAME}", tmp_path).asset("init_param")


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "\t"])
def test_a_config_that_is_no_mapping_is_unusable(tmp_path: Path, text: str) -> None:
    folder = make(tmp_path / "iic" / NAME)
    (folder / "config.yaml").write_text(text)
    with pytest.raises(ModelUnusable, match=r"config\.yaml"):
        ModelFolder(f"iic/{NAME}", folder, None).config()


def layer() -> torch.nn.Module:
    return torch.nn.Linear(2, 3)


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s}, lambda s: {"model": s}])
@pytest.mark.parametrize("legacy", [False, True])
def test_a_checkpoint_is_loaded_exactly(tmp_path: Path, wrap: object, legacy: bool) -> None:
    source, target = layer(), layer()
    state = {f"encoder.{name}": value for name, value in source.state_dict().items()}
    torch.save(wrap(state), tmp_path / "m", _use_new_zipfile_serialization=not legacy)  # type: ignore[operator]
    load_weights(target, tmp_path / "m", prefix="encoder.")
    assert all(map(torch.equal, source.state_dict().values(), target.state_dict().values()))


@pytest.mark.parametrize(
    "state",
    [
        {"weight": torch.zeros(3, 2)},
        {"weight": torch.zeros(2, 2), "bias": torch.zeros(3)},
        {"weight": torch.zeros(3, 2), "bias": torch.zeros(3), "more": torch.zeros(1)},
        {"weight": 1, "bias": 2},
        [],
        {},
    ],
)
def test_a_checkpoint_that_fits_only_in_part_is_refused(tmp_path: Path, state: object) -> None:
    torch.save(state, tmp_path / "m")
    with pytest.raises(ModelUnusable):
        load_weights(layer(), tmp_path / "m")


class Sabotage:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("sabotaged"),))


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Sabotage()}, "m")
    with pytest.raises(ModelUnusable):
        load_weights(layer(), Path("m"))
    assert not Path("sabotaged").exists()


@pytest.mark.parametrize("data", [b"", b"x", b"PK\x03\x04" + bytes(100)])
def test_bytes_that_are_no_checkpoint_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(ModelUnusable):
        load_weights(layer(), tmp_path / "m")


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_a_containers_cores_are_those_it_may_use(
    tmp_path: Path, files: dict[str, str], cores: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available_cores(tmp_path) == (cores or available_cores(tmp_path / "none"))
