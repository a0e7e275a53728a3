"""The whole test suite, in two processes: ``nox -s test``.

Tests of containers, clients and the page mostly wait for others, the rest mostly compute: side by
side they take little longer than the longer of the two. The page comes after the containers and
never beside them: Chromium fails what it is loading (ERR_NETWORK_CHANGED) when the machine gets or
loses a network interface, as with each container. Given any argument, it is one pytest with that
argument.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.workspace import ROOT

WAITING = ("tests/images", "tests/client", "tests/playground")


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the tests; returns pytest's exit code, the first that is not 0."""
    # -P: the plugin is this repository's, wherever the tests are.
    pytest = (sys.executable, "-P", "-m", "pytest", "-p", "tools.workspace.declared")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.getenv('PYTHONPATH', '')}"}
    if arguments:
        done = subprocess.run([*pytest, *arguments], cwd=root, env=environment, check=False)
        return done.returncode
    with tempfile.TemporaryFile() as log:
        # One cache for two: while it is made, the other may find a folder that is gone at once.
        uncached = [*pytest, "-p", "no:cacheprovider", *WAITING]
        waiting = subprocess.Popen(
            uncached, cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            ignored = (f"--ignore={folder}" for folder in WAITING)
            rest = subprocess.run([*pytest, *ignored], cwd=root, env=environment, check=False)
            codes = waiting.wait(), rest.returncode
        except BaseException:
            waiting.terminate()
            waiting.wait()
            raise
        log.seek(0)
        sys.stdout.write(log.read().decode(errors="replace"))
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
