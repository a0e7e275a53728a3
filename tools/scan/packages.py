"""What of an image's bill of materials can be asked for, and what cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from packageurl import PackageURL
from packaging.version import InvalidVersion, Version

from tools.images.bom import normal

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A package as OSV knows it.

    Attributes:
        ecosystem: ``PyPI``, ``Debian:12``, ``Ubuntu:22.04:LTS``.
        name: as advisories have it; of Debian's and Ubuntu's that of their source.
        version: of that.
    """

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in images.

    Attributes:
        added: the packages above the base image, each with the images that have it.
        base: those of the base image, likewise.
        unasked: what has no name in the database.
    """

    added: dict[Package, set[str]] = field(default_factory=dict)
    base: dict[Package, set[str]] = field(default_factory=dict)
    unasked: set[str] = field(default_factory=set)

    def add(self, bill: Document, image: str) -> None:
        """Add what a CycloneDX document lists of an image.

        Raises:
            ValueError: it is no such document.
        """
        if bill.get("bomFormat") != "CycloneDX":
            raise ValueError("this is no CycloneDX document")
        for component in _components(bill):
            package = asked_for(component["purl"]) if "purl" in component else None
            if package is None:
                self.unasked.add(component["name"])
            else:
                of_base = component.get("bom-ref", "").startswith("base:")
                (self.base if of_base else self.added).setdefault(package, set()).add(image)

    @property
    def packages(self) -> list[Package]:
        """All that can be asked for."""
        return sorted(self.added.keys() | self.base.keys())


def _components(whole: Mapping[str, Any]) -> Iterator[Document]:
    """All of a document, also what other components carry inside; of files only the whole."""
    for component in whole.get("components", ()):
        if component["type"] != "file":
            yield component
            yield from _components(component)


def asked_for(purl: str) -> Package | None:
    """The package that a package URL names; None if the database has none of its kind."""
    found = PackageURL.from_string(purl)
    qualifiers = found.qualifiers if isinstance(found.qualifiers, dict) else {}
    version = found.version or ""
    if found.type == "pypi":
        return Package("PyPI", normal(found.name), _public(version))
    ecosystem = _release(qualifiers.get("distro", "")) if found.type == "deb" else None
    if ecosystem is None:
        return None
    source, _, source_version = qualifiers.get("upstream", found.name).partition("@")
    return Package(ecosystem, source, source_version or version)


def _public(version: str) -> str:
    """A version without its local part: torch 2.8.0+cu128 is 2.8.0 to an advisory."""
    try:
        return Version(version).public
    except InvalidVersion:
        return version


def _release(distro: str) -> str | None:
    """OSV's name for the release of a distribution, as ``/etc/os-release`` has it."""
    name, _, release = distro.partition("-")
    year, _, month = release.partition(".")
    if not year.isdigit():
        return None
    if name == "ubuntu":
        long_term = month == "04" and int(year) % 2 == 0
        return f"Ubuntu:{release}{':LTS' if long_term else ''}"
    return f"Debian:{year}" if name == "debian" else None
