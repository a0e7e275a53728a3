"""``python -m speech_endpoints`` is the command ``speech``."""

from __future__ import annotations

from speech_endpoints.cli import main

if __name__ == "__main__":
    main()
