"""What the client's package shares with the services: copies, so that it is installed alone.

The contracts, errors and formats stay the one source; ``nox -s generate`` writes the copies, a test
compares them. Only the package that they are imported from differs.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.workspace import CLIENT, EMULATOR, ROOT
from tools.workspace.imports import closure
from tools.workspace.tree import Tree

PACKAGE = "speech_endpoints.vendored"
FOLDER = CLIENT / PACKAGE.replace(".", "/")

_SHARED = tuple(
    f"shared/{name}.py" for name in ("attribution", "errors", "formats", "subtitles", "writing")
)
_OURS = re.compile(r"^(from|import) (shared|services)\b", re.MULTILINE)
_EMPTY = '"""Copies of the services\' own files, written by `nox -s generate`."""\n'
_PRICES = EMULATOR / "runpod_emulator" / "prices.py"


def copies() -> dict[Path, str]:
    """The files of the client's package ``vendored`` and what belongs in them."""
    tree = Tree(ROOT)
    contracts = [f"services/{name}/contract.py" for name in tree.services()]
    found = {FOLDER / "prices.py": _PRICES.read_text("utf-8")}
    for path in closure(tree, [*_SHARED, *contracts]):
        text = _OURS.sub(rf"\1 {PACKAGE}.\2", tree.read(path).decode())
        # What a worker sets up when its packages are imported is not for its callers.
        found[FOLDER / path] = _EMPTY if path.endswith("__init__.py") else text
    found[FOLDER / "__init__.py"] = _EMPTY
    return found
