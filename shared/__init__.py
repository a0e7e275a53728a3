"""The runtime library vendored into the images: each image gets the modules its service imports."""

from __future__ import annotations

import os

# A worker's cores are shared: with other jobs, and on RunPod with other workers. numpy's and
# torch's thread pools wait by spinning, which then costs up to ten times the work itself. Both read
# these when they are first imported, and everything here is imported after this module.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
