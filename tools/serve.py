"""Serves an endpoint on this machine with the SDK's own local API: ``nox -s serve-vad``."""

from __future__ import annotations

import os
import sys

from tools.host_models import use
from tools.local import service


def main() -> None:
    """Become the service's worker; further arguments are the SDK's (``--rp_api_port 8000``)."""
    name, *options = sys.argv[1:]
    use(service(name).spec)
    command = [sys.executable, "-m", f"services.{name}.handler", "--rp_serve_api", *options]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
