"""The documentation names every error, limit, option and setting, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.vad.handler import SERVICE
from shared import errors
from shared.contract import AudioRequest
from tools.local import service
from tools.workspace import ROOT, service_names

PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/*.md"),
                 *ROOT.glob("*/README.md"), *ROOT.glob("models/**/README.md")]
)  # fmt: skip
REQUEST_PAGE = (ROOT / "docs" / "1-request.md").read_text()


def codes(error: type[errors.SpeechError]) -> set[str]:
    below = error.__subclasses__()
    return set().union(*map(codes, below)) if below else {error.code}


def test_every_error_code_is_documented() -> None:
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", REQUEST_PAGE, re.MULTILINE))
    assert codes(errors.SpeechError) <= documented


def test_every_error_code_is_drawn_in_the_tree() -> None:
    assert errors.__doc__ is not None
    assert all(code in errors.__doc__ for code in codes(errors.SpeechError))


def test_every_limit_is_documented_with_its_default() -> None:
    limits = {**SERVICE.spec.limits.model_dump(), "max_result_bytes": 10_000_000}
    for name, value in limits.items():
        row = next(line for line in REQUEST_PAGE.splitlines() if f"`{name}`" in line)
        assert re.search(rf"\b{value:g}\b|\b{int(value)}\b", row), name


def test_every_way_to_name_audio_is_documented() -> None:
    for name in AudioRequest.model_fields:
        assert f"`{name}`" in REQUEST_PAGE, name


@pytest.mark.parametrize("name", service_names())
def test_every_option_of_an_endpoint_is_in_its_readme(name: str) -> None:
    readme = (ROOT / "services" / name / "README.md").read_text()
    # A service that has the tasks of others names its own options, and leads to theirs.
    linked = re.findall(r"\]\(\.\./(\w+)/README\.md\)", readme)
    pages = [readme, *((ROOT / "services" / other / "README.md").read_text() for other in linked)]
    rows = [line.split("|")[1] for page in pages for line in page.splitlines() if line[:3] == "| `"]
    options = {option for one in service(name).contracts for option in one.request.model_fields}
    for option in options - set(AudioRequest.model_fields):
        assert any(f"`{option}`" in row for row in rows), option


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = (
        re.findall(r"^```\w+\n.*?^```", (ROOT / name).read_text("utf-8"), re.MULTILINE | re.DOTALL)
        for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese
