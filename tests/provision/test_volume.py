"""A volume is filled once for all services, whoever else uses it: workers, machines, ModelScope."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provision.cli import wanted
from provision.volume import MOUNTS
from shared.errors import ModelMissing
from shared.models.lock import LOCK_NAME, Lock
from shared.models.volume import find
from tests.hub import Faults
from tests.provision.conftest import MODEL, NEEDED, REVISION, Place

SIZE = 300_000
SNAPSHOTS = f"models/{MODEL.replace('/', '--')}/snapshots"

COMMAND = """
import sys
from pathlib import Path
import provision.volume
{patch}
provision.volume.SERVICES = Path({services!r})
sys.exit(provision.volume.main())
"""
# Another machine, on a file system without locks. The client's are on the machine's own disk.
ELSEWHERE = """
import errno, fcntl, os, stat
flock = fcntl.flock
def no_locks(descriptor, how):
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise OSError(errno.ENOLCK, "no locks")
    flock(descriptor, how)
fcntl.flock = no_locks
"""


@pytest.fixture
def volume(place: Place) -> Volume:
    return Volume(place)


class Volume:
    """The folder of models of a volume, and the command that fills it with ``place``'s service."""

    def __init__(self, place: Place) -> None:
        self.place, self.root = place, place.root / "volume" / "models"
        self.model = self.root / SNAPSHOTS / REVISION

    def start(self, *options: str, patch: str = "") -> subprocess.Popen[str]:
        code = COMMAND.format(patch=patch, services=str(self.place.root))
        environment = {
            **os.environ, "MODELSCOPE_ENDPOINT": self.place.hub.url,
            "MODELSCOPE_DOWNLOAD_MAX_RETRIES": "1", **self.place.environment,
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-c", code, "--to", str(self.root), *options],
            env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*options)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def whole(self) -> bool:
        """Whether the model is there as the hub has it, with its lock and nothing else."""
        origin = self.place.origin
        same = all((self.model / n).read_bytes() == (origin / n).read_bytes() for n in NEEDED)
        names = {path.name for path in self.model.iterdir()}
        return same and names == {*NEEDED, LOCK_NAME} and not (self.root / ".incoming").exists()

    def found_by_a_worker(self) -> Path:
        """The folder that a worker takes, whose image has the service's lock."""
        (model,) = wanted(self.place.service)
        expected = Lock.read(self.place.service / LOCK_NAME).model(MODEL)
        return find(model, expected, self.root).path


def test_a_volume_is_filled_with_what_a_worker_takes(volume: Volume) -> None:
    done = volume.run()
    assert (done.returncode, "the volume is ready" in done.stdout) == (0, True), done.stderr
    assert volume.whole()
    assert volume.found_by_a_worker() == volume.model


def test_a_volume_that_is_full_needs_no_hub(volume: Volume) -> None:
    volume.run()
    volume.place.hub.requests.clear()
    assert f"{MODEL} {REVISION}: there already, verified" in volume.run().stdout
    assert not volume.place.hub.requests


def test_another_revision_comes_beside_the_one_that_workers_use(volume: Volume) -> None:
    volume.run()
    before = {path: path.stat().st_ino for path in volume.model.iterdir()}
    older = volume.found_by_a_worker
    assert older() == volume.model
    place = volume.place
    place.hub.revisions = ("v2",)
    (place.origin / "model.pt").write_bytes(b"another")
    place.write_spec("v2")
    place.write_lock(revision="v2")
    assert volume.run().returncode == 0
    assert {path: path.stat().st_ino for path in volume.model.iterdir()} == before
    assert volume.found_by_a_worker() == volume.root / SNAPSHOTS / "v2"
    said = volume.run("--check").stdout
    assert f"also there, and not needed: {SNAPSHOTS}/{REVISION}" in said


def test_a_model_that_two_services_use_comes_once_with_the_files_of_both(volume: Volume) -> None:
    place = volume.place
    other = place.root / "b-service"
    shutil.copytree(place.service, other)
    spec = (other / "service.toml").read_text()
    (other / "service.toml").write_text(spec.replace('"model.pt"', '"README.md"'))
    assert volume.run("--services", "a-service,b-service").returncode == 0
    assert {path.name for path in volume.model.iterdir()} == {*NEEDED, "README.md", LOCK_NAME}
    assert (place.hub.sent["model.pt"], place.hub.sent["config.yaml"]) == (SIZE, 9)
    assert volume.run("--services", "b-service", "--check").returncode == 0


def test_services_whose_locks_contradict_each_other_are_named(volume: Volume) -> None:
    place = volume.place
    shutil.copytree(place.service, place.root / "b-service")
    (place.origin / "model.pt").write_bytes(b"another")
    place.write_lock()
    done = volume.run()
    assert (done.returncode, "services/b-service/models.lock" in done.stderr) == (1, True)
    assert "model.pt" in done.stderr
    assert not place.hub.sent


@pytest.mark.parametrize("layout", [f"{SNAPSHOTS}/master", f"{SNAPSHOTS}/{REVISION}", MODEL])
def test_what_modelscopes_client_put_there_is_recognised_and_left_alone(
    volume: Volume, layout: str
) -> None:
    shutil.copytree(volume.place.origin, volume.root / layout)
    before = sorted(volume.root.rglob("*"))
    assert "there already, verified" in volume.run().stdout
    assert f"whole ({layout})" in volume.run("--check").stdout
    assert sorted(volume.root.rglob("*")) == before
    assert not volume.place.hub.requests


def test_what_somebody_else_put_there_and_is_wrong_is_not_removed(volume: Volume) -> None:
    shutil.copytree(volume.place.origin, volume.root / MODEL)
    shutil.copytree(volume.place.origin, volume.model)
    for folder in (volume.root / MODEL, volume.model):
        (folder / "model.pt").write_bytes(b"of another revision")
    done = volume.run()
    assert (done.returncode, "was not made by this command" in done.stderr) == (1, True)
    assert (volume.model / "model.pt").read_bytes() == b"of another revision"
    shutil.rmtree(volume.model)
    assert volume.run().returncode == 0
    assert volume.whole()
    assert (volume.root / MODEL / "model.pt").read_bytes() == b"of another revision"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda model: (model / "model.pt").write_bytes(b"x"), "model_altered"),
        (lambda model: (model / "model.pt").write_bytes(bytes(SIZE)), "model_altered"),
        (lambda model: (model / "config.yaml").unlink(), "model_missing"),
        (lambda model: (model / LOCK_NAME).write_text("{"), "model_altered"),
    ],
    ids=["truncated", "altered", "file gone", "lock cut"],
)
def test_check_says_what_is_wrong_and_the_next_run_mends_it(
    volume: Volume, damage: object, told: str
) -> None:
    volume.run()
    assert callable(damage)
    damage(volume.model)
    volume.place.hub.requests.clear()
    checked = volume.run("--check")
    assert (checked.returncode, told in checked.stdout) == (1, True), checked.stdout
    assert "1 of 1 models cannot be used" in checked.stdout
    assert not volume.place.hub.requests
    assert volume.run().returncode == 0
    assert volume.whole()


def test_check_tells_a_model_with_files_no_lock_knows(volume: Volume) -> None:
    volume.place.write_lock("model.pt")
    shutil.copytree(volume.place.origin, volume.root / MODEL)
    checked = volume.run("--check")
    assert (checked.returncode, "some of its files are in no lock" in checked.stdout) == (1, True)
    assert "taken as it came: config.yaml" in volume.run().stdout
    assert volume.run("--check").returncode == 0


def test_machines_that_see_no_locks_of_each_other_make_one_whole_model(volume: Volume) -> None:
    volume.place.hub.faults["model.pt"] = Faults(pause_s=0.01)
    machines = [volume.start(patch=ELSEWHERE) for _ in range(3)]
    said = [machine.communicate(timeout=200) for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0, 0], said
    assert volume.whole()


def interrupt(volume: Volume, by: signal.Signals, patch: str = "") -> None:
    """Kill the command in the middle of the download of the weights."""
    volume.place.hub.faults["model.pt"] = Faults(pause_s=0.05)
    process = volume.start(patch=patch)
    while volume.place.hub.sent["model.pt"] < SIZE / 3:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(by)
    process.communicate()
    volume.place.hub.faults.clear()


@pytest.mark.parametrize("patch", ["", ELSEWHERE], ids=["here", "on another machine"])
def test_what_was_interrupted_is_continued_here_and_elsewhere(volume: Volume, patch: str) -> None:
    interrupt(volume, signal.SIGKILL)
    with pytest.raises(ModelMissing):
        volume.found_by_a_worker()
    process = volume.start(patch=patch)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert volume.whole()
    assert volume.place.hub.sent["model.pt"] < 1.5 * SIZE


def test_a_worker_that_starts_meanwhile_finds_all_or_nothing(volume: Volume) -> None:
    volume.place.hub.faults["model.pt"] = Faults(pause_s=0.01)
    process = volume.start()
    started = 0
    while process.poll() is None:
        try:
            volume.found_by_a_worker()
        except ModelMissing:
            started += 1
    process.communicate()
    assert started
    assert volume.found_by_a_worker() == volume.model


def test_the_tiny_weights_can_fill_a_volume_too(volume: Volume) -> None:
    Lock(
        models=tuple(
            model.model_copy(update={"revision": "tiny"})
            for model in Lock.read(volume.place.service / LOCK_NAME).models
        )
    ).write(volume.place.origin / LOCK_NAME)
    copy = ("--from", str(volume.place.hub.root))
    assert volume.run(*copy).returncode == 0
    assert volume.run(*copy, "--check").returncode == 0
    assert (volume.root / SNAPSHOTS / "tiny" / LOCK_NAME).exists()


def test_a_service_that_is_none_is_named(volume: Volume) -> None:
    done = volume.run("--services", "a-service,vda")
    assert (done.returncode, "no service vda; there are a-service" in done.stderr) == (1, True)


def test_without_a_volume_the_disk_of_a_pod_is_not_filled() -> None:
    if any(map(os.path.ismount, MOUNTS)):
        pytest.skip("there is a volume")
    command = [sys.executable, "-m", "provision.volume"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "no network volume is mounted" in done.stderr) == (1, True)
