"""What is said of an image beside it: the commit it is of, and where that is, without a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.project import commit, make
from tools.images.origin import BASE_NAME, REVISION, SOURCE, annotate, origin, web_address
from tools.images.plan import Plan
from tools.images.registry.repository import Manifest
from tools.workspace.tree import git

PLAN = Plan("one", f"example/base:1@sha256:{64 * 'a'}", "tiny")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The small repository, committed."""
    commit(make(tmp_path))
    return tmp_path


def test_the_commit_is_the_one_that_is_checked_out(project: Path) -> None:
    head = git("rev-parse", "HEAD", at=project).strip()
    assert origin(PLAN, project) == {BASE_NAME: "example/base:1", REVISION: head}


@pytest.mark.parametrize(
    ("edit", "is_of_the_commit"),
    [
        (lambda root: make(root, {"README.md": "changed"}), True),
        (lambda root: make(root, {"shared/net.py": "# of the other service"}), True),
        (lambda root: make(root, {"shared/core.py": "changed"}), False),
        (lambda root: make(root, {"services/one/__init__.py": "# new"}), False),
        (lambda root: (root / "services/one/models.lock").unlink(), False),
    ],
)
def test_there_is_none_if_a_file_of_the_image_is_not_as_it_was_committed(
    project: Path, edit: Callable[[Path], object], *, is_of_the_commit: bool
) -> None:
    edit(project)
    assert (REVISION in origin(PLAN, project)) == is_of_the_commit


def test_an_archive_in_somebody_elses_repository_has_none(project: Path) -> None:
    archive = make(project / "unpacked")
    commit(project)
    assert origin(PLAN, archive) == {BASE_NAME: "example/base:1"}


def test_the_repositorys_address_is_where_it_was_cloned_from(project: Path) -> None:
    git("remote", "add", "origin", "https://x:t0ken@github.com/me/speech.git", at=project)
    assert origin(PLAN, project)[SOURCE] == "https://github.com/me/speech"


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/me/speech.git", "https://github.com/me/speech"),
        ("https://github.com/me/speech/", "https://github.com/me/speech"),
        ("https://me:t0ken@gitlab.example:8443/a/b/speech", "https://gitlab.example/a/b/speech"),
        ("git@github.com:me/speech.git\n", "https://github.com/me/speech"),
        ("ssh://git@github.com:22/me/speech.git", "https://github.com/me/speech"),
        ("https://github.com/me/speech?token=t0ken", None),
        ("/home/me/speech", None),
        ("../speech", None),
        ("git.example/speech", None),
        ("https://me:p@ss@github.com/me/speech", None),
        ("file:///home/me/speech", None),
        ("C:/Users/me/speech", None),
    ],
)
def test_an_address_for_people_holds_no_credentials(remote: str, address: str | None) -> None:
    assert web_address(remote) == address


def test_annotations_leave_the_image_as_it_is() -> None:
    docker = "application/vnd.docker"
    layer = {"mediaType": f"{docker}.image.rootfs.diff.tar.gzip", "size": 1, "digest": "sha256:1"}
    manifest = (
        f'{{"schemaVersion": 2, "mediaType": "{docker}.distribution.manifest.v2+json", "config": '
        f'{{"mediaType": "{docker}.container.image.v1+json", "size": 2, "digest": "sha256:2"}}, '
        f'"layers": [{str(layer).replace(chr(39), chr(34))}], "annotations": {{"kept": "1"}}}}'
    )
    oci = "application/vnd.oci.image"
    assert annotate(Manifest(manifest.encode()), {"new": "2"}).document == {
        "schemaVersion": 2,
        "mediaType": f"{oci}.manifest.v1+json",
        "config": {"mediaType": f"{oci}.config.v1+json", "size": 2, "digest": "sha256:2"},
        "layers": [layer | {"mediaType": f"{oci}.layer.v1.tar+gzip"}],
        "annotations": {"kept": "1", "new": "2"},
    }
