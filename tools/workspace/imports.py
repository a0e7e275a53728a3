"""Which of our files a module imports, read from the source: nothing is run."""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple

from tools.workspace.tree import Tree


def closure(tree: Tree, roots: Iterable[str]) -> dict[str, str | None]:
    """These files and all of ours that they import, however deep.

    Args:
        tree: where to look.
        roots: paths of files, which need not be there and need not be Python.

    Returns:
        Each file, and the one that imports it; None for the roots. Nearest first: following the
        importers from a file is the shortest way back to a root.
    """
    found: dict[str, str | None] = dict.fromkeys(sorted(roots))
    waiting = deque(found)
    while waiting:
        importer = waiting.popleft()
        for path in imported(tree, importer):
            if path not in found:
                found[path] = importer
                waiting.append(path)
    return found


def imported(tree: Tree, path: str) -> list[str]:
    """The files of ours that a file imports, sorted; none if it is no module.

    Imports inside functions count; those for type checkers only do not. With a module come the
    packages it is in, and the file it names beside itself: ``Path(__file__).with_name("file")``. A
    name imported from a module may be a module too. Of a module whose name is only known when it is
    imported, ``import_module(f"services.{name}.handler")``, each that fits counts.
    """
    own = tree.names.get(path)
    if own is None:
        return []
    package = own if path.endswith("__init__.py") else own.rpartition(".")[0]
    source = _read(tree.read(path), package)
    names = {own}
    for pattern in source.modules:
        plain = re.fullmatch(r"[\w.]+", pattern)
        names.update([pattern] if plain else filter(re.compile(pattern).fullmatch, tree.modules))
    parts = [name.split(".") for name in names]
    names.update(".".join(part[:count]) for part in parts for count in range(1, len(part)))
    beside = {str(PurePosixPath(path).with_name(name)) for name in source.beside} & tree.files
    return sorted({tree.modules[name] for name in names & tree.modules.keys()} - {path} | beside)


class _Source(NamedTuple):
    """What a source names: modules, as names and regular expressions, and files beside it."""

    modules: frozenset[str]
    beside: frozenset[str]


@cache
def _read(source: bytes, package: str) -> _Source:
    """What a source names; nothing if Python cannot read it: what uses it is changed by that."""
    try:
        nodes = list(_executed(ast.parse(source)))
    except (SyntaxError, ValueError):
        nodes = []
    modules = frozenset(name for node in nodes for name in _imports(node, package))
    return _Source(modules, frozenset(name for node in nodes for name in _beside(node)))


def _beside(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Call(func=ast.Name(id="Path"), args=[ast.Name(id="__file__")]),
                attr="with_name",
            ),
            args=[ast.Constant(value=str(name))],
        ):
            yield name


def _imports(node: ast.AST, package: str) -> Iterator[str]:
    match node:
        case ast.Import(names=aliases):
            yield from (alias.name for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
            base = ".".join([*above, *([module] if module else [])])
            yield from (base, *(f"{base}.{alias.name}" for alias in aliases))
        case ast.Call(
            func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            yield name
        case ast.Call(
            func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
            args=[ast.JoinedStr(values=parts), *_],
        ):
            known = (part.value if isinstance(part, ast.Constant) else None for part in parts)
            yield "".join(r"\w+" if part is None else re.escape(str(part)) for part in known)


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
