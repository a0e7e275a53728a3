"""Resolves every requirements file into a lock with hashes: ``nox -s lock``.

The whole house has one version of each package: what the developers' lock picks binds the others.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.environment import REQUIREMENTS
from tools.workspace import ROOT, service_names

PROVISION = [ROOT / "provision" / name for name in ("requirements.txt", "export.txt")]
UNUSED = REQUIREMENTS / "images.excludes"
COMPILE = [
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-package", "setuptools"),
]


def main() -> None:
    """Write all locks, the one that binds the others first; extra arguments go to uv."""
    dev = REQUIREMENTS / "dev.txt"
    compile_lock(dev)
    compile_lock(REQUIREMENTS / "funasr.txt", "--no-deps")
    for service in service_names():
        for source in sorted((ROOT / "services" / service).glob("requirements*.in")):
            lock = source.with_suffix(".txt")
            compile_lock(lock, "--constraints", str(dev), "--excludes", str(UNUSED))
    for target in (REQUIREMENTS / "host.txt", REQUIREMENTS / "torch.txt", *PROVISION):
        compile_lock(target, "--constraints", str(dev))
    peers = ROOT / "bench" / "peers"  # measured beside us, in an environment of their own
    compile_lock(peers.with_suffix(".txt"), "--excludes", str(peers.with_suffix(".excludes")))


def compile_lock(target: Path, *options: str) -> None:
    """Resolve the ``.in`` file beside ``target`` into it."""
    source = target.with_suffix(".in")
    command = [sys.executable, "-m", *COMPILE, *options, str(source), "-o", str(target)]
    subprocess.run([*command, *sys.argv[1:]], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
