"""The digest of files: the same on every machine, another if anything about them is another.

What counts is each file's path, its bytes, and whether it is executable. Owners, times, the umask
of whoever cloned the repository, and the order in which a folder is listed do not.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import PurePosixPath

from tools.workspace.tree import Tree

# One time for all files, so that an image is the same whenever it is built. The Dockerfiles name it
# too. Not 1970: zip files, wheels among them, begin with 1980.
SOURCE_DATE_EPOCH = 315_532_800


def digest(tree: Tree, paths: Iterable[str]) -> str:
    """SHA-256, in hex, of the archive that ``pack`` makes of these files."""
    return hashlib.sha256(pack(tree, paths)).hexdigest()


def pack(tree: Tree, paths: Iterable[str]) -> bytes:
    """A tar archive of files and the folders they are in; equal files give equal bytes."""
    files = set(paths)
    folders = {str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files | folders):
            entry = tarfile.TarInfo(path)
            entry.mtime = SOURCE_DATE_EPOCH
            if path in folders:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                content = tree.read(path)
                entry.size, entry.mode = len(content), 0o755 if tree.is_executable(path) else 0o644
                archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
