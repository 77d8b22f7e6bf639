"""The `digest` command, loaded and waiting at a gate, so that many start in the same moment.

    python -m tests.support.starting WORDS...

says how many seconds the machine has worked for it, waits until the pipe whose number is in GATE
is closed at its other end, then runs `digest WORDS...`. `racing.run_at_once` starts it.
"""

import os
import sys
import time

import digest.app.day  # noqa: F401  # loaded before the gate opens
from digest.cli import main

if __name__ == "__main__":
    sys.stdout.write(f"{time.process_time()}\n")
    sys.stdout.flush()
    os.read(int(os.environ["GATE"]), 1)
    main()
