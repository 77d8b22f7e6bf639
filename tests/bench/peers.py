"""Other senders of the same letter to the same server, each a process of its own.

    python -m tests.bench.peers aiosmtplib PORT LETTERS CONNECTIONS FILE

sends what FILE holds and prints the seconds from the first connect to the last goodbye.
"""

from __future__ import annotations

import asyncio
import smtplib
import subprocess
import sys
import time
from pathlib import Path

SENDER = "papers@example.org"


def smtp_source(port: int, letters: int, connections: int, size: int, *, kept: bool) -> float:
    """Letters a second of Postfix's load generator; `kept`: connections carry many letters."""
    command = ["smtp-source", *(["-d"] if kept else []), "-m", str(letters)]
    command += ["-s", str(connections), "-l", str(size), "-f", SENDER]
    begin = time.perf_counter()
    subprocess.run([*command, "-t", "reader@example.org", f"127.0.0.1:{port}"], check=True)
    return letters / (time.perf_counter() - begin)


def python_sender(name: str, port: int, letters: int, connections: int, letter: Path) -> float:
    """Letters a second of `aiosmtplib` or `smtplib`, without the start of Python."""
    words = ["-m", "tests.bench.peers", name, str(port), str(letters), str(connections)]
    done = subprocess.run(
        [sys.executable, *words, str(letter)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return letters / float(done.stdout)


async def _aiosmtplib(port: int, letters: int, connections: int, letter: bytes) -> None:
    import aiosmtplib

    numbers = iter(range(letters))

    async def converse() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=600)
        await client.connect()
        for number in numbers:
            await client.sendmail(SENDER, f"reader{number}@example.org", letter)
        await client.quit()

    await asyncio.gather(*(converse() for _ in range(connections)))


def _smtplib(port: int, letters: int, letter: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for number in range(letters):
            client.sendmail(SENDER, f"reader{number}@example.org", letter)


def main() -> None:
    name, port, letters, connections, file = sys.argv[1:]
    letter = Path(file).read_bytes()
    begin = time.perf_counter()
    if name == "smtplib":
        _smtplib(int(port), int(letters), letter)
    else:
        asyncio.run(_aiosmtplib(int(port), int(letters), int(connections), letter))
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
