"""A package can be imported without the modules of it that nobody uses yet."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.deferred import deferred
from tools.workspace import ROOT


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package: it hands a module on, only executes another, and has a third."""
    folder = tmp_path / "handing"
    folder.mkdir()
    (folder / "__init__.py").write_text("from handing import costly, silent\n")
    (folder / "costly.py").write_text("answer = 42\n")
    (folder / "silent.py").write_text("")
    (folder / "apart.py").write_text("import sys\nbefore = 'handing.silent' in sys.modules\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = [*sys.meta_path]
    yield folder
    sys.meta_path[:] = found
    for name in [name for name in sys.modules if name.partition(".")[0] == "handing"]:
        del sys.modules[name]


def executed() -> set[str]:
    return {name for name in sys.modules if name.startswith("handing.")}


def test_a_module_that_is_handed_on_is_imported_when_it_is_used(package: Path) -> None:
    with deferred("handing.costly", "handing.silent"):
        import handing  # type: ignore[import-not-found]
    assert executed() == set()
    assert handing.costly.answer == 42
    assert executed() == {"handing.costly"}


def test_an_import_that_comes_later_is_an_ordinary_one(package: Path) -> None:
    with deferred("handing.costly", "handing.silent"):
        import handing
    from handing.costly import answer  # type: ignore[import-not-found]

    assert answer == 42
    assert handing.costly is sys.modules["handing.costly"]


def test_what_is_used_while_the_package_is_imported_is_imported_then(package: Path) -> None:
    (package / "__init__.py").write_text("from handing.costly import answer\n")
    with deferred("handing.costly"):
        import handing
    assert handing.answer == 42


def test_a_module_that_is_not_there_fails_as_its_import_does(package: Path) -> None:
    (package / "costly.py").write_text("import no_such_package\n")
    with deferred("handing.costly"):
        import handing
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        _ = handing.costly.answer


def test_modules_come_before_those_that_need_them(package: Path) -> None:
    with deferred("handing.silent", needed_by=["handing.apart"]):
        import handing
    assert "handing.silent" not in executed()
    import handing.apart  # type: ignore[import-not-found]

    assert handing.apart.before


TORCH = """
import sys
from shared.models.torch_import import FOR_COMPILERS, import_torch
torch = import_torch()
print({*FOR_COMPILERS} & {*sys.modules})
"""


def test_torch_can_still_compile_and_export() -> None:
    code = TORCH + (
        "double = lambda x: 2 * x\n"
        "print(torch.compile(double, backend='aot_eager')(torch.ones(1)).item())\n"
        "class Double(torch.nn.Module):\n"
        "    forward = lambda self, x: 2 * x\n"
        "print(torch.export.export(Double(), (torch.ones(1),)).module()(torch.ones(1)).item())\n"
        "print({*FOR_COMPILERS} <= {*sys.modules})\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split("\n")[:-1] == ["set()", "2.0", "2.0", "True"]
