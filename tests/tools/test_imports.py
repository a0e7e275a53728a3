"""What a module needs is read from its imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.graph import closure
from tools.workspace import ROOT, service_names


def project(root: Path, **modules: str) -> Path:
    """A small project of modules side by side."""
    for name, source in modules.items():
        (root / name).with_suffix(".py").write_text(source)
    return root


def names(root: Path, *modules: str) -> list[str]:
    return [path.as_posix() for path in closure(*modules, root=root)]


def test_imports_are_followed_however_deep(tmp_path: Path) -> None:
    root = project(tmp_path, a="import b", b="from c import x", c="", d="import a")
    assert names(root, "a") == ["a.py", "b.py", "c.py"]


def test_a_module_of_a_package_needs_the_packages_above_it(tmp_path: Path) -> None:
    root = project(tmp_path, a="from p.q import r")
    (root / "p" / "q").mkdir(parents=True)
    for path in ("p/__init__.py", "p/q/__init__.py", "p/q/r.py", "p/s.py"):
        (root / path).touch()
    assert names(root, "a") == ["a.py", "p/__init__.py", "p/q/__init__.py", "p/q/r.py"]


def test_imports_inside_functions_count(tmp_path: Path) -> None:
    root = project(tmp_path, a="def f():\n    import b", b="")
    assert names(root, "a") == ["a.py", "b.py"]


def test_imports_for_type_checkers_only_do_not(tmp_path: Path) -> None:
    source = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\nelse:\n    import c"
    )
    assert names(project(tmp_path, a=source, b="", c=""), "a") == ["a.py", "c.py"]


def test_circles_end(tmp_path: Path) -> None:
    assert names(project(tmp_path, a="import b", b="import a"), "a") == ["a.py", "b.py"]


def test_a_module_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        closure("nowhere", root=tmp_path)


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
    loaded = {Path(file).relative_to(ROOT) for file in run.stdout.split()}
    assert loaded <= set(closure(f"services.{service}.handler"))


@pytest.mark.parametrize("service", service_names())
def test_fetching_models_needs_no_module_that_the_image_does_not_have(service: str) -> None:
    fetching = closure(f"services.{service}.download_models")
    shared = {path for path in fetching if path.parts[0] == "shared"}
    assert shared <= set(closure(f"services.{service}.handler"))
