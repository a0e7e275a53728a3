"""A small repository like this one: two services that share modules, and their tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SETTINGS = 'models = [{role = "m", id = "own/net", revision = "1", files = ["model.pt"]}]\n'

SOURCES = {
    "shared/__init__.py": "",
    "shared/core.py": "",
    "shared/net.py": "from shared.core import x",
    "services/__init__.py": "",
    "services/one/handler.py": "from shared.core import x",
    "services/two/handler.py": "def f():\n    import shared.net",
    "services/two/tests/test_two.py": "from services.two.handler import f",
    "tests/docs/__init__.py": 'DATA = ("*.md", "services/*/handler.py")',
    "tests/docs/test_docs.py": "",
    "LICENSE": "",
    "README.md": "",
    "provision/install-tini.sh": "",
    "requirements/funasr.txt": "",
    "models/tiny/own/net/model.pt": "",
    "pyproject.toml": "",
    ".gitignore": "*.log\n",
}
OF_A_SERVICE = (
    "Dockerfile", "NOTICE", "download_models.py", "models.lock", "requirements.txt",
    "endpoint.toml",
)  # fmt: skip


def make(root: Path, files: dict[str, str] | None = None) -> Path:
    """Write the repository, or other files, below a folder."""
    if files is None:
        services = ("services/one", "services/two")
        files = SOURCES | {f"{s}/{name}": "" for s in services for name in OF_A_SERVICE}
        files |= {f"{s}/service.toml": SETTINGS for s in services}
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def commit(root: Path, message: str = "change") -> None:
    """Commit all that is there."""
    who = {
        f"GIT_{role}_{what}": "test"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", message]):
        subprocess.run(["git", *arguments], cwd=root, env={**os.environ, **who}, check=True)
