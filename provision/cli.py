"""The command that provides a service's models: ``nox -s models-vad``, and a step of its image."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import tomllib
from pathlib import Path

from provision.errors import LockUnreadable, ProvisionError
from provision.folder import Folder
from provision.hub import Hub
from provision.provide import Provided, Source, provide
from shared.errors import ModelAltered, ModelError, ModelMissing
from shared.models.lock import LOCK_NAME, Lock
from shared.models.spec import ModelSpec


def main(service: Path) -> int:
    """Provide the models of the service in that folder; 0 when all are in their place."""
    arguments = _arguments(service.name)
    try:
        if arguments.verify:
            verify(service, _path(arguments.to))
        else:
            run(service, arguments)
    except (ProvisionError, ModelError) as error:
        print(f"error: {error}".replace("<service>", service.name), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run again, what has arrived is kept", file=sys.stderr)
        return 130
    return 0


def run(service: Path, arguments: argparse.Namespace) -> None:
    """Provide the models; with ``--lock`` also write down what they are."""
    lock_path = service / LOCK_NAME
    known = lock_path.exists() and not arguments.lock
    lock = read_lock(lock_path) if known else Lock(models=())
    cache = _path(arguments.cache) if arguments.cache else None
    found = []
    with tempfile.TemporaryDirectory(prefix="models-") as scratch:
        source: Source = Folder(_path(arguments.source)) if arguments.source else Hub(Path(scratch))
        for model in wanted(service):
            locked, destination = lock.model(model.id), _path(arguments.to)
            done = provide(model, locked, source, destination, cache, afresh=arguments.lock)
            _report(done, "locked" if arguments.lock else "not in models.lock, taken as it came")
            found.append(done.model)
    if arguments.lock:
        Lock(models=tuple(found)).write(lock_path)
        print(f"wrote {lock_path.parent.name}/{LOCK_NAME}; look at what changed before you commit")


def verify(service: Path, destination: Path) -> None:
    """Check the models in their place, all files by hash.

    Raises:
        ModelError: a model is not there, not the locked one, or altered.
    """
    lock = read_lock(service / LOCK_NAME)
    for model in wanted(service):
        place = destination / model.id
        if not place.exists():
            raise ModelMissing(f"{model.id} is not there; fetch it with `nox -s models-<service>`")
        there, ours = Lock.read(place / LOCK_NAME).model(model.id), lock.model(model.id)
        other = there is not None and there.revision != model.revision
        for known in (there, None if other else ours):
            if known:
                known.check(place)
        note = f" (service.toml asks for {model.revision})" if other else ""
        print(f"{model.id} {there.revision if there else ''}: whole{note}")


def read_lock(path: Path) -> Lock:
    """The service's lock.

    Raises:
        LockUnreadable: it is not one.
    """
    try:
        return Lock.read(path)
    except ModelAltered:
        raise LockUnreadable(
            f"{path.parent.name}/{LOCK_NAME} cannot be read; take it from git, or write a new one "
            "with `nox -s models-<service> -- --lock`"
        ) from None


def wanted(service: Path) -> list[ModelSpec]:
    """The models that a service's ``service.toml`` asks for."""
    tables = tomllib.loads((service / "service.toml").read_text(encoding="utf-8"))
    return [ModelSpec.model_validate(table) for table in tables["models"]]


def _report(done: Provided, unknown: str) -> None:
    size = sum(entry.size for entry in done.model.files) / 1e6
    state = "fetched and verified" if done.fetched else "there already, verified"
    print(f"{done.model.id} {done.model.revision}: {size:.1f} MB, {state}")
    for path in done.unknown:
        (entry,) = (entry for entry in done.model.files if entry.path == path)
        print(f"  {unknown}: {path} {entry.size} {entry.sha256}")


def _arguments(name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"nox -s models-{name} --", description=__doc__)
    parser.add_argument("--to", required=True, metavar="FOLDER", help="the folder of models")
    parser.add_argument(
        "--from", dest="source", metavar="FOLDER", help="copy from a folder, not the hub"
    )
    parser.add_argument("--cache", metavar="FOLDER", help="keeps downloads between runs")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--lock", action="store_true", help="take what comes; write a new models.lock"
    )
    mode.add_argument("--verify", action="store_true", help="only check what is there, by hash")
    return parser.parse_args()


def _path(text: str) -> Path:
    # nox changes to the repository; folders are named from where the user is.
    return Path(os.environ.get("INVOKED_FROM", "."), text)
