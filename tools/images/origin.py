"""Where an image comes from: what is known when it is pushed, and is none of its inputs.

The commit is no input: many commits have the same image. As a label it would make another image of
each; it is an annotation of the manifest, which is what a registry's digest is the digest of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from tools.images.inputs import OCI
from tools.images.plan import Plan
from tools.images.registry.repository import DOCKER_MANIFEST, OCI_MANIFEST, Manifest
from tools.workspace import ROOT
from tools.workspace.targets import image
from tools.workspace.tree import GitError, Tree, git

REVISION, SOURCE, BASE_NAME = (f"{OCI}.{name}" for name in ("revision", "source", "base.name"))
# The same parts in OCI's words: only its manifests may be annotated.
OCI_TYPES = {
    DOCKER_MANIFEST: OCI_MANIFEST,
    "application/vnd.docker.container.image.v1+json": "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": (
        "application/vnd.oci.image.layer.v1.tar+gzip"
    ),
}


def origin(plan: Plan, root: Path = ROOT) -> dict[str, str]:
    """The base's name, the repository's address, and the commit if the image's files are its."""
    found = {BASE_NAME: plan.base.partition("@")[0]}
    if not (root / ".git").exists():  # else git would find one that the folder only lies in
        return found
    tree = Tree(root)
    try:
        files = image(tree, plan.service, plan.models, plan.accelerator).inputs(tree)
        if not git("status", "--porcelain", "--", *files, at=root):
            found[REVISION] = git("rev-parse", "HEAD", at=root).strip()
        if source := web_address(git("remote", "get-url", "origin", at=root)):
            found[SOURCE] = source
    except GitError:
        pass  # there may be no git, no commit, no remote
    return found


def web_address(remote: str) -> str | None:
    """Where people see a git remote, without the credentials it may hold; None of a folder."""
    for before in (r"(?:https|ssh)://(?:[^@/]*@)?([^@/:]+)(?::\d+)?/", r"[^@/:]+@([^@/:]+):"):
        if found := re.fullmatch(before + r"([^?#]+?)(?:\.git)?/?", remote.strip()):
            return f"https://{found[1]}/{found[2]}"
    return None


def annotate(manifest: Manifest, annotations: Mapping[str, str]) -> Manifest:
    """The same image with annotations: the same settings, the same layers, another digest."""
    document = manifest.document
    for part in (document, document["config"], *document["layers"]):
        part["mediaType"] = OCI_TYPES.get(part["mediaType"], part["mediaType"])
    document["annotations"] = document.get("annotations", {}) | annotations
    return Manifest(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
