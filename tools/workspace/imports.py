"""Which of our modules a module imports, read from the source: nothing is run.

Standard library only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.workspace import ROOT


def closure(*modules: str, root: Path = ROOT) -> list[Path]:
    """The files of these modules and of all of ours that they import, however deep.

    Imports inside functions count; those for type checkers only do not.

    Returns:
        Paths relative to ``root``, sorted.

    Raises:
        ModuleNotFoundError: one of the modules is not ours.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = source(name, root)
        if path is None:
            if name in modules:
                raise ModuleNotFoundError(name)
            continue
        found[name] = path
        package = name.rpartition(".")[0]
        waiting += [*imported(path), *([package] if package else [])]
    return sorted(path.relative_to(root) for path in found.values())


def source(module: str, root: Path) -> Path | None:
    """The file of a module of ours; None for another's, and for a folder without a file."""
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def imported(path: Path) -> list[str]:
    """Names of the modules a file may import; a name imported from a module may be one too."""
    names: list[str] = []
    for node in _executed(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below this one but the bodies of ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield other
                yield from _executed(other)
        else:
            yield child
            yield from _executed(child)
