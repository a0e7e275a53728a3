"""``nox -s estimate``: what an endpoint costs, and how it is best run."""

from __future__ import annotations

import json
import sys

from rich.console import Console

from tools.capacity.command import OUTPUT, demand, parser, question, service
from tools.capacity.estimate import estimate
from tools.capacity.pictures import draw
from tools.capacity.show import show
from tools.workspace import from_the_user


def main() -> int:
    """Answer what the command line asks."""
    options = parser()
    given = options.parse_args()
    try:
        asked, scaled = question(given), demand(given)
        traffic = scaled(1.0)
    except ValueError as error:
        options.error(str(error))
    if not len(traffic.arrivals):
        options.error("no job comes in that time: choose more --days")
    progress = Console(stderr=True, highlight=False)
    with progress.status("trying set-ups") as status:
        found = estimate(
            service(given), scaled, asked, lambda n: status.update(f"{n} set-ups tried")
        )
    folder = from_the_user(given.pictures) if given.pictures else OUTPUT
    if given.json:
        print(json.dumps(found.document(), indent=2))
        if given.pictures:
            draw(found, folder)
        return 0
    show(Console(highlight=False), found)
    pictures = [path.name for path in draw(found, folder) if path.suffix == ".png"]
    print(f"pictures, also as SVG: {', '.join(pictures)} in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
