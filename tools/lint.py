"""Style, types, shell scripts, workflows: ``nox -s lint``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.workspace import ROOT


def _files(*patterns: str) -> list[str]:
    return sorted(
        str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern)
    )


CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("shellcheck", ".ci/run", ".ci/free-space", *_files("provision/*.sh")),
    ("actionlint", *_files(".github/workflows/*.yml")),
    ("zizmor", "--offline", "--quiet", ".github"),
    (
        "hadolint",
        *_files("services/*/Dockerfile", "provision/Dockerfile", "bench/usual/*.Dockerfile"),
    ),
)


def main() -> int:
    """Run every check, also after one has failed; 0 when all pass."""
    failed = []
    for check in CHECKS:
        print("+", " ".join(check), flush=True)
        command = [str(Path(sys.executable).with_name(check[0])), *check[1:]]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(check[0])
    print(f"failed: {', '.join(failed)}" if failed else "all clean")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
