"""What is asked of OSV about an image's packages: the names and versions that advisories have."""

from __future__ import annotations

import json

import pytest
from docker.models.images import Image

from tools.images.bom import document
from tools.images.inventory import Binary, Inventory, Package
from tools.scan.packages import Contents, asked_for
from tools.scan.packages import Package as Asked

INVENTORY = Inventory(
    service=Package("vad-service", "0.1.0", "Apache-2.0", added=True),
    code="0" * 64,
    system=Package("debian", "12"),
    tini=(Package("tini", "0.19.0", "MIT", added=True), "1" * 64),
    models=[],
    python=[
        Package("numpy", "2.2.0", "BSD-3-Clause", added=True),
        Package("Some_Package", "1.0", added=True),
        Package("torch", "2.8.0+cu128"),
    ],
    debian=[
        Binary("libssl3", "3.0.11-1~deb12u2", source="openssl", source_version="3.0.11-1~deb12u2"),
        Binary("bsdutils", "1:2.38-5", source="util-linux", source_version="2.38-5"),
        Binary("tar", "1.34+dfsg-1", source="tar", source_version="1.34+dfsg-1"),
    ],
)


@pytest.fixture
def contents() -> Contents:
    """What a bill of materials that we write says to the scan."""
    found = Contents()
    image = Image(attrs={"RootFS": {"Layers": [f"sha256:{'2' * 64}"]}})
    found.add(json.loads(document(INVENTORY, image, {})), "vad")
    return found


def test_pythons_packages_are_asked_for_as_advisories_spell_them(contents: Contents) -> None:
    assert contents.added.keys() == {
        Asked("PyPI", "numpy", "2.2.0"), Asked("PyPI", "some-package", "1.0"),
    }  # fmt: skip


def test_the_bases_packages_are_asked_for_by_their_source(contents: Contents) -> None:
    assert contents.base.keys() == {
        Asked("PyPI", "torch", "2.8.0"),  # of CUDA or not is nothing an advisory tells apart
        Asked("Debian:12", "openssl", "3.0.11-1~deb12u2"),
        Asked("Debian:12", "util-linux", "2.38-5"),
        Asked("Debian:12", "tar", "1.34+dfsg-1"),
    }


def test_what_cannot_be_asked_for_is_named(contents: Contents) -> None:
    assert contents.unasked == {"vad-service", "tini", "OpenBLAS", "libgfortran"}


@pytest.mark.parametrize(
    ("distro", "ecosystem"),
    [
        ("debian-12", "Debian:12"),
        ("debian-11.9", "Debian:11"),
        ("ubuntu-22.04", "Ubuntu:22.04:LTS"),
        ("ubuntu-23.04", "Ubuntu:23.04"),
        ("ubuntu-24.10", "Ubuntu:24.10"),
    ],
)
def test_a_release_has_the_name_that_osv_gives_it(distro: str, ecosystem: str) -> None:
    name = distro.partition("-")[0]
    assert asked_for(f"pkg:deb/{name}/bash@5?distro={distro}") == Asked(ecosystem, "bash", "5")


@pytest.mark.parametrize(
    "purl",
    ["pkg:deb/debian/bash@5", "pkg:deb/debian/bash@5?distro=debian-", "pkg:apk/alpine/bash@5",
     "pkg:deb/devuan/bash@5?distro=devuan-5"],
)  # fmt: skip
def test_a_system_that_osv_does_not_know_is_not_asked_for(purl: str) -> None:
    assert asked_for(purl) is None


def test_an_image_that_two_services_share_packages_with_is_asked_for_once() -> None:
    found = Contents()
    bill = {
        "bomFormat": "CycloneDX",
        "components": [{"type": "library", "name": "a", "purl": "pkg:pypi/a@1"}],
    }
    for service in ("vad", "asr"):
        found.add(bill, service)
    assert found.added == {Asked("PyPI", "a", "1"): {"vad", "asr"}}


def test_another_document_is_refused() -> None:
    with pytest.raises(ValueError, match="no CycloneDX"):
        Contents().add({"spdxVersion": "SPDX-2.3"}, "vad")
