"""What a change touches: two states of the repository, compared target by target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tools.workspace.targets import Models, Target, targets
from tools.workspace.tree import Tree


@dataclass(frozen=True)
class Affected:
    """A target whose digest is another one than before.

    Attributes:
        target: which.
        why: for each of its inputs that changed, the way there: a file it declares, what that
            imports, and so on to the changed one, which may be gone by now.
    """

    target: Target
    why: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Change:
    """What is different between two states.

    Attributes:
        files: those that were added, altered, deleted; a renamed one is two of them.
        affected: the targets to build, deploy or test again.
        gone: the labels of those that are no more.
    """

    files: frozenset[str]
    affected: tuple[Affected, ...]
    gone: tuple[str, ...]

    @classmethod
    def between(cls, old: Tree, new: Tree, models: Models = "hub") -> Change:
        """Compare two states; of images, those with models of that kind.

        Raises:
            ValueError: a ``service.toml`` or a declaration cannot be read in one of them.
        """
        before = {target.label: target for target in targets(old, models)}
        after = {target.label: target for target in targets(new, models)}
        same = partial(_same, old, new)
        compared = (_compare(before.get(label), after[label], old, new) for label in after)
        return cls(
            frozenset(path for path in old.files | new.files if not same(path)),
            tuple(found for found in compared if found.why),
            tuple(sorted(before.keys() - after.keys())),
        )


def _compare(before: Target | None, after: Target, old: Tree, new: Tree) -> Affected:
    ways = [(old, before.inputs(old) if before else {}), (new, after.inputs(new))]
    was, now = ({path for path in found if path in tree.files} for tree, found in ways)
    # Files come and go with a file that changed, which says enough; or with a setting of imports.
    changed = {path for path in was | now if not _same(old, new, path)} or was ^ now
    found = [way for _, way in reversed(ways)]
    return Affected(after, tuple(sorted(_chain(path, *found) for path in changed)))


def _chain(path: str, *ways: Mapping[str, str | None]) -> tuple[str, ...]:
    """The files from a root to this one, in the first of the graphs that has it."""
    importers = next(way for way in ways if path in way)

    def back(at: str | None) -> Iterator[str]:
        while at is not None:
            yield at
            at = importers[at]

    return tuple(reversed([*back(path)]))


def _same(old: Tree, new: Tree, path: str) -> bool:
    """Whether a file is in both states, and the same in all that counts (see ``digest``)."""
    if path not in old.files or path not in new.files:
        return False
    return old.is_executable(path) == new.is_executable(path) and old.read(path) == new.read(path)
