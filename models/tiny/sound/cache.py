"""Arrays that are made once and kept in a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.generic]]


def cached(
    folder: Path, name: str, sources: Sequence[str | Path], make: Callable[[], Arrays]
) -> Arrays:
    """What ``make`` returns, from the folder if it was made before by the same sources.

    The file's name holds a hash of the sources, so an entry is never stale.
    """
    content = b"".join(Path(source).read_bytes() for source in sources)
    path = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, allow_pickle=False, **make())
    with np.load(path) as stored:
        return dict(stored)
