"""An image's bill of materials, as a CycloneDX document."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from docker.models.images import Image
from packageurl import PackageURL

from tools.images.archive import digests
from tools.images.inventory import Binary, Inventory, Model, Package
from tools.notice import CARRIED, TERMS, card
from tools.workspace.digest import SOURCE_DATE_EPOCH

Hashes = Mapping[tuple[str, str], Sequence[str]]  # by a package's name and version


def document(inventory: Inventory, image: Image, locked: Hashes) -> str:
    """An image's bill of materials as CycloneDX 1.6 JSON: the same image, the same bytes."""
    chain = chain_id(digests(image))
    whole = Component(
        name=inventory.service.name,
        version=inventory.service.version,
        type=ComponentType.CONTAINER,
        bom_ref="image",
        hashes=[_sha256(chain)],
    )
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_OID, f"sha256:{chain}"),
        metadata=BomMetaData(
            component=whole, timestamp=datetime.fromtimestamp(SOURCE_DATE_EPOCH, UTC)
        ),
        components=_components(inventory, locked),
    )
    bom.register_dependency(whole, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def chain_id(layers: list[str]) -> str:
    """What OCI calls the chain id of layers: a SHA-256 that all of their content decides."""
    whole = reduce(
        lambda below, layer: "sha256:" + hashlib.sha256(f"{below} {layer}".encode()).hexdigest(),
        layers,
    )
    return whole.removeprefix("sha256:")


def _components(inventory: Inventory, locked: Hashes) -> Iterator[Component]:
    service, (tini, tini_hash) = inventory.service, inventory.tini
    yield Component(
        name=service.name,
        version=service.version,
        type=ComponentType.APPLICATION,
        bom_ref="code",
        licenses=_licences(service.licence),
        hashes=[_sha256(inventory.code)],
    )
    yield Component(
        name=tini.name,
        version=tini.version,
        bom_ref="tini",
        type=ComponentType.APPLICATION,
        licenses=_licences(tini.licence),
        hashes=[_sha256(tini_hash)],
    )
    yield from map(_model, inventory.models)
    for package in inventory.python:
        yield _python(package, locked.get((normal(package.name), package.version), []))
    yield from (_debian(package, inventory.system) for package in inventory.debian)


def _model(model: Model) -> Component:
    return Component(
        name=model.name,
        version=model.version,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{model.name}",
        licenses=_licences(model.licence),
        external_references=[
            ExternalReference(type=ExternalReferenceType.DOCUMENTATION, url=XsUri(card(model.name)))
        ],
        components=[
            Component(
                name=path,
                type=ComponentType.FILE,
                bom_ref=f"model:{model.name}/{path}",
                hashes=[_sha256(sha256)],
            )
            for path, sha256 in model.files
        ],
    )


def _python(package: Package, hashes: Sequence[str]) -> Component:
    purl = PackageURL("pypi", None, package.name, package.version)
    reference = str(purl) if package.added else f"base:{purl}"
    carried = CARRIED.get(package.name, {}) if package.added else {}
    return Component(
        name=package.name,
        version=package.version,
        bom_ref=reference,
        purl=purl,
        licenses=_licences(package.licence),
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(f"https://pypi.org/project/{package.name}/{package.version}/"),
                hashes=map(_sha256, hashes),
                comment="the files it may have come as, one for each platform",
            )
        ]
        if hashes and package.added
        else [],
        components=[
            Component(name=name, bom_ref=f"{reference}#{name}", licenses=_licences(licence))
            for name, licence in carried.items()
        ],
    )


def _debian(package: Binary, system: Package) -> Component:
    qualifiers = {"distro": f"{system.name}-{system.version}"}
    source = (package.source, package.source_version)
    if source != (package.name, package.version):
        qualifiers["upstream"] = "@".join(source)  # as other makers of such documents say it
    purl = PackageURL("deb", system.name, package.name, package.version, qualifiers)
    return Component(name=package.name, version=package.version, bom_ref=f"base:{purl}", purl=purl)


def _licences(expression: str | None) -> Iterable[License]:
    if expression is None:
        return []
    if expression.startswith("LicenseRef-"):
        name, url = TERMS[expression]
        return [LicenseFactory().make_with_name(name, url=XsUri(url))]
    return [LicenseFactory().make_from_string(expression)]


def _sha256(content: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=content)


def normal(name: str) -> str:
    """A package's name as locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()
