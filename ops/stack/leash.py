"""Run as a script: become the given program, but end with the parent that asked for it.

On Linux; elsewhere the next start finds the orphan. A script of its own, because code between fork
and exec is unsafe in a parent with threads.

    python leash.py PARENT_PID PROGRAM ARGUMENT...
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        # SIGTERM, not SIGKILL: an engine whose parent was killed still closes its files properly.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died before the leash was on
            sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
