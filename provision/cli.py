"""The command that provides a service's models: ``nox -s models-vad``, and a step of its image."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from provision.errors import LockUnreadable, ProvisionError, SpecUnusable, disk_errors
from provision.folder import Folder
from provision.hub import Hub
from provision.provide import Provided, Source, provide
from shared.errors import ModelAltered, ModelError
from shared.models.lock import LOCK_NAME, Lock, LockedModel
from shared.models.spec import ModelSpec, asked_for

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def main(service: Path) -> int:
    """Provide the models of the service in that folder; 0 when all are in their place."""
    arguments = _arguments(service.name)
    to = from_the_user(arguments.to)
    return attempt(lambda: run(service, arguments), to, service.name)


def attempt(work: Callable[[], int | None], to: Path, name: str = "<service>") -> int:
    """Do the work of a command; what keeps it from being done is said in one line.

    Args:
        work: returns the exit code, if that is not 0.
        to: the folder it writes to.
        name: the service's.
    """
    signal.signal(signal.SIGTERM, _leave)
    for variable in CA_VARIABLES:
        if os.environ.get(variable):
            os.environ[variable] = str(from_the_user(os.environ[variable]))
    try:
        with disk_errors(to):
            return work() or 0
    except (ProvisionError, ModelError) as error:
        print(f"error: {error}".replace("<service>", name), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run again, what has arrived is kept", file=sys.stderr)
        return 130


def run(service: Path, arguments: argparse.Namespace) -> None:
    """Provide the models, or verify them; with ``--lock`` also write down what they are."""
    lock_path, destination = service / LOCK_NAME, from_the_user(arguments.to)
    if arguments.lock:
        check_writable(lock_path)
    known = lock_path.exists() and not arguments.lock
    lock = read_lock(lock_path) if known else Lock(models=())
    if arguments.verify:
        from provision.verify import verify  # an image's build lacks what it imports

        for model in wanted(service):
            print(verify(model, lock, destination))
        return
    cache = from_the_user(arguments.cache) if arguments.cache else None
    found = []
    with tempfile.TemporaryDirectory(prefix="models-") as scratch:
        source = source_of(arguments.source, Path(scratch))
        for model in wanted(service):
            locked = lock.model(model.id)
            done = provide(model, locked, source, destination, cache, afresh=arguments.lock)
            report(done, *(["locked"] if arguments.lock else []))
            found.append(done.model)
    if arguments.lock:
        with disk_errors(lock_path, _shown(lock_path)):
            Lock(models=(*found, *of_other_variants(service))).write(lock_path)
        print(f"wrote {_shown(lock_path)}; look at what changed before you commit")


def source_of(folder: str | None, scratch: Path) -> Source:
    """Where models come from: the folder that ``--from`` names, else the hub.

    Raises:
        HubUnreachable: MODELSCOPE_ENDPOINT is no URL of a hub.
    """
    return Folder(from_the_user(folder)) if folder else Hub(scratch)


def read_lock(path: Path) -> Lock:
    """The service's lock.

    Raises:
        LockUnreadable: it is not one.
    """
    try:
        return Lock.read(path)
    except ModelAltered:
        raise LockUnreadable(
            f"{_shown(path)} cannot be read; take it from git, or write a new one "
            "with `nox -s models-<service> -- --lock`"
        ) from None


def check_writable(path: Path) -> None:
    """Find out before a download, not after it, that the lock cannot be written.

    Raises:
        DiskError: it cannot.
    """
    with disk_errors(path, _shown(path)), tempfile.NamedTemporaryFile(dir=path.parent):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def wanted(service: Path) -> list[ModelSpec]:
    """The models that a service's ``service.toml`` asks for.

    Raises:
        SpecUnusable: it does not say which.
    """
    try:
        return asked_for(_tables(service))
    except ValueError as error:
        raise SpecUnusable(f"services/{service.name}/service.toml: {error}") from None


def of_other_variants(service: Path) -> list[LockedModel]:
    """What the service's lock says of models it could be made with, and now is not."""
    variants = _tables(service).get("variants", {}).values()
    possible = {table["id"] for tables in variants for table in tables}
    possible -= {model.id for model in wanted(service)}
    try:
        lock = Lock.read(service / LOCK_NAME)
    except ModelAltered:
        return []
    return [model for model in lock.models if model.id in possible]


def _tables(service: Path) -> dict[str, Any]:
    return tomllib.loads((service / "service.toml").read_text(encoding="utf-8"))


def report(done: Provided, unknown: str = "not in models.lock, taken as it came") -> None:
    """Say what was provided, and which of its files no lock knew."""
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


def _leave(*_: object) -> NoReturn:
    """Told to stop: temporary folders go, what has arrived stays."""
    sys.exit(128 + signal.SIGTERM)


def _shown(path: Path) -> str:
    """A service's file as it is named in the repository."""
    return "/".join(path.parts[-3:])


def from_the_user(text: str) -> Path:
    """A path as the user named it: nox changes to the repository."""
    return Path(os.environ.get("INVOKED_FROM", "."), text)
