"""The peers' own environment, ``.nox/peers``: what they need never mixes with what we need.

``python -m bench.peers`` resolves ``peers.in`` into ``peers.txt`` anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path

from tools.environment import run_quietly, torch_arguments
from tools.lock import compile_lock
from tools.workspace import ROOT

LOCATION = ROOT / ".nox" / "peers"
LOCK = Path(__file__).with_name("peers.txt")


def prepare(location: Path = LOCATION) -> Path:
    """Make sure the peers are installed.

    Returns:
        The Python of their environment.

    Raises:
        subprocess.CalledProcessError: an installation failed.
    """
    python = location / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    torch = torch_arguments(os.environ, sys.platform)
    wanted = hashlib.sha256(" ".join([sys.version, *torch]).encode() + LOCK.read_bytes())
    stamp = location / ".peers"
    if stamp.exists() and stamp.read_text() == wanted.hexdigest():
        return python
    print(f"preparing {location.name} (once; some 2 GB on disk)", file=sys.stderr)
    run_quietly([sys.executable, "-m", "virtualenv", "--quiet", str(location)])
    locked = ["--require-hashes", "--no-deps", "-r", str(LOCK)]
    for arguments in (torch, locked):
        run_quietly([str(python), "-m", "pip", "install", *arguments])
    stamp.write_text(wanted.hexdigest())
    return python


def versions(*names: str) -> list[str]:
    """``name version`` of peers, as locked."""
    locked = dict(re.findall(r"^([\w.-]+)==([^ ;]+)", LOCK.read_text(), re.MULTILINE))
    return [f"{name} {locked[name]}" for name in names]


def lock() -> None:
    """Write ``peers.txt``; extra arguments go to uv."""
    compile_lock(LOCK, "--excludes", str(LOCK.with_suffix(".excludes")))


if __name__ == "__main__":
    lock()
