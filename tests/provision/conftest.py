"""A service with a model of its own, a hub that has it, and the command that brings it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.models.lock import LOCK_NAME, Lock, LockedFile, LockedModel
from tests.hub import Faults, Hub
from tools.workspace import ROOT

MODEL = "someone/a-model"
REVISION = "v1.2"
NEEDED = ("config.yaml", "configuration.json", "model.pt")
COMMAND = """
import sys
from pathlib import Path
from provision.cli import main
sys.exit(main(Path({!r})))
"""


@dataclass
class Place:
    """A service folder, a folder for its models, and the hub.

    Attributes:
        environment: added to the command's environment.
    """

    root: Path
    hub: Hub
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def service(self) -> Path:
        return self.root / "a-service"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def model(self) -> Path:
        """Where the model belongs."""
        return self.models / MODEL

    @property
    def origin(self) -> Path:
        """The model's files on the hub."""
        return self.hub.root / MODEL

    def write_spec(self, revision: str = REVISION) -> None:
        files = ", ".join(f'"{name}"' for name in NEEDED)
        self.service.mkdir(exist_ok=True)
        (self.service / "service.toml").write_text(
            f'[[models]]\nrole = "x"\nid = "{MODEL}"\nrevision = "{revision}"\nfiles = [{files}]\n'
        )

    def write_lock(self, *names: str, revision: str = REVISION) -> None:
        files = tuple(LockedFile.of(self.origin, name) for name in names or NEEDED)
        model = LockedModel(id=MODEL, revision=revision, files=files)
        Lock(models=(model,)).write(self.service / LOCK_NAME)

    def start(self, *options: str, to: Path | None = None) -> subprocess.Popen[str]:
        """The command, begun."""
        environment = {
            **os.environ, "MODELSCOPE_ENDPOINT": self.hub.url, "HOME": str(self.root / "home"),
            "MODELSCOPE_DOWNLOAD_MAX_RETRIES": "1", **self.environment,
        }  # fmt: skip
        code = COMMAND.format(str(self.service))
        return subprocess.Popen(
            [sys.executable, "-c", code, "--to", str(to or self.models), *options],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *options: str, to: Path | None = None) -> subprocess.CompletedProcess[str]:
        """The command, run to its end."""
        process = self.start(*options, to=to)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def error(self, *options: str, to: Path | None = None) -> str:
        """What the command says when it fails, which it has to."""
        done = self.run(*options, to=to)
        assert done.returncode == 1, done.stdout
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        return line

    def interrupt(self, at: int, by: signal.Signals, to: Path | None = None) -> tuple[int, str]:
        """Begin, and signal the process when so many bytes of the weights are on the disk.

        Returns:
            How many they are then, and what the process said.
        """
        self.hub.faults["model.pt"] = Faults(pause_s=0.02)
        # Whoever runs the tests in the background had them, and so their children, ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        process = self.start(to=to)
        while self.arrived(to) < at:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(by)
        _, err = process.communicate(timeout=120)
        self.hub.faults.clear()
        return self.arrived(to), err

    def arrived(self, to: Path | None = None) -> int:
        """How much of the weights has been downloaded and is not in its place yet."""
        return sum(path.stat().st_size for path in (to or self.models).rglob("*.incomplete"))

    def whole(self) -> bool:
        """Whether the model is in its place as the hub has it, its lock beside it."""
        if not (self.model / LOCK_NAME).exists():
            return False
        same = all((self.model / n).read_bytes() == (self.origin / n).read_bytes() for n in NEEDED)
        return same and {path.name for path in self.model.iterdir()} == {*NEEDED, LOCK_NAME}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    origin = tmp_path / "hub" / MODEL
    (origin / "example").mkdir(parents=True)
    (origin / "model.pt").write_bytes(random.Random(0).randbytes(300_000))  # noqa: S311 - bytes
    (origin / "config.yaml").write_text("model: X\n")
    (origin / "configuration.json").write_text("{}\n")
    (origin / "README.md").write_text("not needed")
    (origin / "example" / "a.wav").write_bytes(bytes(1000))
    (tmp_path / "home").mkdir()
    with Hub(tmp_path / "hub", (REVISION,)) as hub:
        place = Place(tmp_path, hub)
        place.write_spec()
        place.write_lock()
        yield place


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A folder on a disk of its own, with room for so much."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted only by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
