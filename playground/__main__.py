"""``python -m playground``: see ``command``."""

from playground.command import main

if __name__ == "__main__":
    main()
