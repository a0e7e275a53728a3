"""Where a model may lie in a folder of models: in our layout, or those of ModelScope's clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shared.errors import ModelMissing
from shared.models.lock import names


def snapshot(model_id: str, revision: str) -> Path:
    """Where ModelScope's client keeps a revision beside others, relative to its ``cache_dir``."""
    return Path("models", model_id.replace("/", "--"), "snapshots", revision)


def folders(model_id: str, root: Path, revision: str) -> Iterator[Path]:
    """The folders below a folder of models that hold a model, those most likely right first.

    Args:
        model_id: ``owner/name``; ``damo/...`` and ``iic/...`` stand for each other.
        root: the folder of models.
        revision: preferred where a cache holds several.

    Raises:
        ModelMissing: this user may not look.
    """
    seen: set[Path] = set()
    try:
        for folder in _possible(model_id, root, revision):
            if folder not in seen and (folder / "configuration.json").is_file():
                seen.add(folder)
                yield folder
    except PermissionError:
        raise ModelMissing(f"{model_id}: its folder cannot be read by this user") from None


def _possible(model_id: str, root: Path, revision: str) -> Iterator[Path]:
    for full_name in names(model_id):
        owner, _, name = full_name.partition("/")
        yield root / owner / name
        for base in (root, root / "models", root / "hub" / "models", root / "hub"):
            snapshots = base / f"{owner}--{name}" / "snapshots"
            yield snapshots / revision
            yield from sorted(snapshots.glob("*"))
            yield base / owner / name
            yield base / owner / name.replace(".", "___")
