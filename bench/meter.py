"""Runs a command, its output on stderr, and writes what it took: exit code, CPU seconds, ru_maxrss.

A program of its own, and a small one: Linux counts a process's own peak to what it then becomes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

if __name__ == "__main__":
    process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps([process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
