"""What a module needs is read from its imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.workspace import ROOT, service_names
from tools.workspace.imports import closure
from tools.workspace.tree import Tree


def needed(root: Path, files: dict[str, str]) -> list[str]:
    """What the first file of a small project needs, itself included."""
    for path, source in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(source)
    return sorted(closure(Tree(root), [next(iter(files))]))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("import b", ["b.py"], id="import"),
        pytest.param("from b import x", ["b.py"], id="a name from a module"),
        pytest.param("def f():\n    import b", ["b.py"], id="inside a function"),
        pytest.param("from p import m", ["p/__init__.py", "p/m.py"], id="a module from a package"),
        pytest.param("import p.m", ["p/__init__.py", "p/m.py"], id="with the packages it is in"),
        pytest.param(
            "from importlib import import_module\nimport_module('b')", ["b.py"], id="by its name"
        ),
        pytest.param(
            "import importlib\nimportlib.import_module(f'p.{x}.handler')",
            ["p/__init__.py", "p/one/handler.py", "p/two/handler.py"],
            id="each that a name made of parts may be",
        ),
        pytest.param(
            "import typing\nif typing.TYPE_CHECKING:\n    import b\nelse:\n    import c",
            ["c.py"],
            id="for type checkers only: not",
        ),
        pytest.param(
            "from pathlib import Path\nPath(__file__).with_name('words.toml')",
            ["words.toml"],
            id="a file it names beside itself",
        ),
        pytest.param("import os, elsewhere", [], id="others' modules: not"),
        pytest.param("this is no Python", [], id="a source that cannot be read: nothing"),
    ],
)
def test_an_import_is_found(tmp_path: Path, source: str, found: list[str]) -> None:
    modules = ("b.py", "c.py", "p/__init__.py", "p/m.py", "p/one/handler.py", "p/two/handler.py")
    others = (*modules, "words.toml", "p/words.toml")
    assert needed(tmp_path, {"a.py": source, **dict.fromkeys(others, "")}) == ["a.py", *found]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from . import n", "p/q/n.py"),
        ("from ..m import x", "p/m.py"),
        ("from .n import x", "p/q/n.py"),
    ],
)
def test_imports_may_be_relative(tmp_path: Path, source: str, found: str) -> None:
    others = ("p/__init__.py", "p/q/__init__.py", "p/q/n.py", "p/m.py", "n.py", "m.py")
    files = needed(tmp_path, {"p/q/a.py": source, **dict.fromkeys(others, "")})
    assert files == sorted({"p/q/a.py", "p/__init__.py", "p/q/__init__.py", found})


def test_imports_are_followed_however_deep_and_in_circles(tmp_path: Path) -> None:
    files = {"a.py": "import b", "b.py": "import c", "c.py": "import a", "d.py": "import a"}
    assert needed(tmp_path, files) == ["a.py", "b.py", "c.py"]


def test_packages_may_lie_in_folders_that_pytest_is_told_of(tmp_path: Path) -> None:
    files = {
        "a.py": "import b",
        "beside/b.py": "",
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["beside"]\n',
    }
    assert needed(tmp_path, files) == ["a.py", "beside/b.py"]


def test_the_way_to_a_file_is_the_shortest(tmp_path: Path) -> None:
    needed(tmp_path, {"a.py": "import b, c", "b.py": "import d", "c.py": "", "d.py": "import c"})
    assert closure(Tree(tmp_path), ["a.py"]) == {
        "a.py": None, "b.py": "a.py", "c.py": "a.py", "d.py": "b.py",
    }  # fmt: skip


@pytest.mark.parametrize("service", service_names())
def test_a_service_that_is_loaded_and_run_imports_nothing_else_of_ours(service: str) -> None:
    code = (
        "import sys\n"
        f"from tools.local import LocalWorker; from pathlib import Path\n"
        f"LocalWorker({service!r}).answer(Path('samples/conversation.flac'), {{}})\n"
        "ours = ('shared', 'services', 'provision')\n"
        "print(*(m.__file__ for n, m in sys.modules.items()\n"
        "        if n.partition('.')[0] in ours and getattr(m, '__file__', None)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {Path(file).relative_to(ROOT).as_posix() for file in run.stdout.split()}
    assert loaded <= closure(Tree(), [f"services/{service}/handler.py"]).keys()


@pytest.mark.parametrize("service", service_names())
def test_fetching_models_needs_no_module_that_the_image_does_not_have(service: str) -> None:
    fetching = closure(Tree(), [f"services/{service}/download_models.py"])
    shared = {path for path in fetching if path.startswith("shared/")}
    assert shared <= closure(Tree(), [f"services/{service}/handler.py"]).keys()
