"""Where `digest send` spends its time: the main thread's frames, looked at every 2 ms.

    python -m tests.bench.profile WORDS...

runs the command; the table goes to stderr.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from pathlib import Path

_EVERY = 0.002


def main() -> None:
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    looker = threading.Thread(target=_look, args=(own, within, threading.get_ident()), daemon=True)
    looker.start()
    from digest.cli import main as command

    sys.argv = ["digest", *sys.argv[1:]]
    begin, cpu = time.perf_counter(), time.thread_time()
    try:
        command()
    finally:
        wall, used = time.perf_counter() - begin, time.thread_time() - cpu
        process = time.process_time()
        say = f"{wall:.2f} s; CPU: main thread {used:.2f} s, whole process {process:.2f} s\n"
        sys.stderr.write(say)
        for title, counts in (("itself", own), ("with what it calls", within)):
            sys.stderr.write(f"\n{title}:\n")
            total = max(sum(own.values()), 1)
            for place, count in counts.most_common(25):
                sys.stderr.write(f"{100 * count / total:6.1f} %  {place}\n")


def _look(own: Counter[str], within: Counter[str], thread: int) -> None:
    while True:
        time.sleep(_EVERY)
        frame = sys._current_frames().get(thread)
        seen: list[str] = []
        while frame is not None:
            code = frame.f_code
            place = "/".join(Path(code.co_filename).parts[-3:])
            seen.append(f"{place}:{code.co_name}")
            frame = frame.f_back
        if seen:
            own[seen[0]] += 1
            within.update(set(seen))


if __name__ == "__main__":
    main()
