"""Makes the base images where none can be pulled: ``nox -s base [-- --slim]``.

One is Debian and its Python, as in Python's public slim image; the other torch's CPU build upon it,
as in the public PyTorch image, without CUDA.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.environment import REQUIREMENTS, run_quietly, torch_arguments
from tools.images.engine import EngineError, command_line, connect
from tools.images.report import megabytes

NAME, SLIM = "local/base", "local/slim"  # with torch, and without
SUITE, PYTHON = "bookworm", "3.11"  # the Python of that release of Debian
PACKAGES = "ca-certificates,python-is-python3,python3,python3-pip,python3-venv,tini"
SITE_PACKAGES = f"usr/local/lib/python{PYTHON}/dist-packages"
# Kept out: what apt needs only while it installs, and documentation.
EXCLUDED = ("./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*")


def main() -> int:
    """Build the base images; 0 on success."""
    parser = argparse.ArgumentParser(prog="nox -s base --", description=__doc__)
    parser.add_argument("--slim", action="store_true", help="only the one without torch")
    mirror = os.environ.get("DEBIAN_MIRROR") or "http://deb.debian.org/debian"
    try:
        make(mirror, with_torch=not parser.parse_args().slim)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: {error.cmd[0]} failed; its own words are above", file=sys.stderr)
        return 1
    return 0


def make(mirror: str, *, with_torch: bool = True) -> None:
    """Bootstrap Debian into a folder, import that as an image; add torch, import it again.

    Raises:
        EngineError: something this needs is missing here.
        subprocess.CalledProcessError: a step failed.
    """
    client, docker = connect(), command_line()
    if not shutil.which("debootstrap") or os.geteuid():
        raise EngineError("this needs debootstrap (`apt-get install debootstrap`) and root")
    with tempfile.TemporaryDirectory(prefix="base-") as folder:
        root = Path(folder) / "root"
        print(f"Debian {SUITE} with Python", flush=True)
        include = ["--variant=minbase", f"--include={PACKAGES}"]
        run_quietly(["debootstrap", *include, SUITE, str(root), mirror])
        _import(docker, root, SLIM)
        if with_torch:
            print("torch", flush=True)
            install_torch(root)
            _import(docker, root, NAME)
    for name in (SLIM, NAME) if with_torch else (SLIM,):
        print(f"{name}  {megabytes(client.images.get(name).attrs['Size'])}")
    print(f"nox -s build-vad -- --base {NAME} --models tiny")


def install_torch(root: Path) -> None:
    """Install torch and what it imports for the Python below ``root``, compiled to bytecode."""
    target = ["--target", str(root / SITE_PACKAGES), "--python-version", PYTHON]
    wheels = ["--only-binary=:all:", "--no-deps", "--no-compile", "--upgrade"]
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (28, 17)]
    lock = ["--require-hashes", "-r", str(REQUIREMENTS / "torch.txt")]
    for what in (torch_arguments({}, "linux"), lock):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore"]
        run_quietly([*pip, *target, *wheels, *platforms, *what])
    # One of torch's own test files is written in the syntax of a newer Python.
    compile_all = ["python3", "-m", "compileall", "-q", "-j", "0", "-x", "py312_intrinsics"]
    run_quietly(["chroot", str(root), *compile_all, f"/{SITE_PACKAGES}"])


def _import(docker: str, root: Path, name: str) -> None:
    exclude = [f"--exclude={pattern}" for pattern in EXCLUDED]
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    changes = ["--change", f"ENV PATH={path}", "--change", 'CMD ["bash"]']
    with subprocess.Popen(
        [shutil.which("tar") or "tar", "-C", str(root), "--numeric-owner", *exclude, "-c", "."],
        stdout=subprocess.PIPE,
    ) as tar:
        subprocess.run(
            [docker, "import", "--platform", "linux/amd64", *changes, "-", name],
            stdin=tar.stdout, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
