"""Fills a network volume with the models of services: ``nox -s volume``, and the image for a pod.

Revisions lie beside each other, where ModelScope's own client keeps them:
``<folder>/models/<owner>--<name>/snapshots/<revision>``. Workers that run, or start, with another
revision than the one that is brought are not disturbed, and only what was made here is removed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from provision.cli import attempt, from_the_user, read_lock, report, source_of, wanted
from provision.errors import LockOutdated, NotWritable, NoVolume, SpecUnusable
from provision.provide import Source, check_revision, provide
from shared.errors import ModelError
from shared.models.layouts import folders, snapshot
from shared.models.lock import LOCK_NAME, LockedFile, LockedModel
from shared.models.spec import ModelSpec
from shared.models.volume import find

SERVICES = Path(__file__).parents[1] / "services"
MOUNTS = (Path("/runpod-volume"), Path("/workspace"))  # of an endpoint's workers, and of pods

Needed = tuple[ModelSpec, LockedModel | None]


def main() -> int:
    """Fill the volume or, with ``--check``, say what is wrong with it; 0 when nothing is."""
    arguments = _arguments()
    root = from_the_user(arguments.to) if arguments.to else None
    return attempt(lambda: run(arguments, root or mounted()), root or MOUNTS[0])


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Fill or check a folder of models; 0 when all are there and right.

    Raises:
        ProvisionError: a model could not be provided.
    """
    models = list(needed(_services(arguments.services)))
    with tempfile.TemporaryDirectory(prefix="models-") as scratch:
        source = source_of(arguments.source, Path(scratch))
        if arguments.check:
            wrong = [model.id for model, locked in models if not check(model, locked, source, root)]
            print(f"{len(wrong)} of {len(models)} models cannot be used" if wrong else "all whole")
            return int(bool(wrong))
        for model, locked in models:
            fill(model, locked, source, root)
    print("the volume is ready: all models are there, verified")
    return 0


def fill(model: ModelSpec, locked: LockedModel | None, source: Source, root: Path) -> None:
    """Make sure that the volume has a model, whoever put it there.

    Raises:
        ProvisionError: it has not.
    """
    known = source.lock(model) or locked
    try:
        found = find(model, known, root)
    except ModelError:
        found = None
    if found and found.verified:
        print(f"{model.id} {found.revision}: there already, verified")
        return
    within = snapshot(model.id, (known or model).revision)
    place = root / within
    if place.is_dir() and any(place.iterdir()) and not (place / LOCK_NAME).exists():
        raise NotWritable(
            f"{place} was not made by this command, and is not wholly what models.lock names; move "
            "it away and run again"
        )
    report(provide(model, locked, source, root, within=within))


def check(model: ModelSpec, locked: LockedModel | None, source: Source, root: Path) -> bool:
    """Say whether a worker would take a model, all files compared by hash, and if not why."""
    try:
        found = find(model, source.lock(model) or locked, root)
    except ModelError as problem:
        print(problem)
        return False
    if not found.verified:
        print(f"{model.id}: some of its files are in no lock; fill the volume, which writes one")
        return False
    print(f"{model.id} {found.revision}: whole ({found.path.relative_to(root)})")
    for other in folders(model.id, root, model.revision):
        if other != found.path:
            print(f"  also there, and not needed: {other.relative_to(root)}")
    return True


def needed(services: Iterable[Path]) -> Iterator[Needed]:
    """The models of services, each once, with the files that any of them uses.

    Raises:
        LockOutdated: two services' locks, or a lock and its service.toml, contradict each other.
    """
    specs: dict[tuple[str, str], ModelSpec] = {}
    entries: dict[tuple[str, str], dict[str, LockedFile]] = {}
    for service in services:
        lock = read_lock(service / LOCK_NAME)
        for model in wanted(service):
            key = model.id, model.revision
            files = {*model.files, *(specs[key].files if key in specs else ())}
            specs[key] = model.model_copy(update={"files": tuple(sorted(files))})
            locked, known = lock.model(model.id), entries.setdefault(key, {})
            check_revision(model, locked)
            for entry in locked.files if locked else ():
                if known.setdefault(entry.path, entry) != entry:
                    raise LockOutdated(
                        f"{model.id}: services/{service.name}/{LOCK_NAME} and another service's "
                        f"differ in {entry.path}; write both anew from one state of the hub"
                    )
    for key, model in specs.items():
        locked_files = tuple(entry for _, entry in sorted(entries[key].items()))
        lock_of_all = LockedModel(id=model.id, revision=model.revision, files=locked_files)
        yield model, lock_of_all if locked_files else None


def mounted() -> Path:
    """The folder of models on the volume of this pod.

    Raises:
        NoVolume: there is none.
    """
    for mount in MOUNTS:
        if os.path.ismount(mount):
            return mount / "models"
    raise NoVolume(
        f"no network volume is mounted at {' or '.join(map(str, MOUNTS))}; attach one to the pod, "
        "or name a folder with --to"
    )


def _services(names: str | None) -> list[Path]:
    """The folders of the services with these names, separated by commas; of all, if none is named.

    Raises:
        SpecUnusable: there is no such service.
    """
    known = {path.parent.name: path.parent for path in sorted(SERVICES.glob("*/service.toml"))}
    chosen = names.split(",") if names else list(known)
    if unknown := [name for name in chosen if name not in known]:
        raise SpecUnusable(f"no service {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in chosen]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s volume --", description=__doc__)
    parser.add_argument(
        "--to", metavar="FOLDER", help="the volume's folder of models; default: models on it"
    )
    parser.add_argument("--services", metavar="NAMES", help="such as vad,asr; default: all")
    parser.add_argument(
        "--from", dest="source", metavar="FOLDER", help="copy from a folder, not the hub"
    )
    parser.add_argument("--check", action="store_true", help="only say what is wrong, by hash")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
