"""`digest send` as a whole, beside bare SMTP clients that send as many octets to the same sink."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.bench.peers import python_sender, smtp_source
from tests.bench.rooms import CONNECTIONS, Trial
from tests.bench.row import Row, interleaved
from tests.bench.sink import has_postfix, module, sink
from tests.bench.writing import signed_rate

MISSING = "smtp-source is missing: apt-get install postfix"
_HALF_WAY = 0.025


class _Watch:
    """Runs the command; keeps the rates that its own reports tell."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.told: list[float] = []

    def __call__(self) -> float:
        self.trial.begin()
        begin = time.perf_counter()
        done = self.trial.send()
        wall = time.perf_counter() - begin
        (edition,) = done.json["editions"]
        assert edition["sent"] == self.trial.readers
        self.told.append(edition["this_run"]["rate"])
        return self.trial.readers / wall

    def rate(self) -> float:
        return sorted(self.told)[len(self.told) // 2]


def measure_sending(folder: Path, readers: int, rounds: int, choices: int = 1) -> list[Row]:
    """Letters a second. Ours reads the list, plans, writes the ledger and renders; peers do not."""
    trial = Trial(folder / f"choices-{choices}", readers, choices=choices)
    ours = _Watch(trial)
    fewer = max(readers // 4, 200)
    with sink() as port:
        trial.mail_by(port)
        trial.begin()
        plan = json.loads(trial.send(("send", "--dry-run", "--json")).out)
        works: dict[str, Callable[[], float]] = {"": ours}
        if has_postfix():
            for name, kept in (("smtp-source -d", True), ("smtp-source", False)):
                works[name] = lambda kept=kept: smtp_source(
                    port, readers, CONNECTIONS, trial.size, kept=kept
                )
        if choices == 1:
            for name in ("aiosmtplib", "smtplib"):
                works[name] = lambda name=name: python_sender(
                    name, port, fewer, CONNECTIONS, trial.letter
                )
        figures = dict(zip(works, interleaved(list(works.values()), rounds), strict=True))
    what = (
        f"digest send: {readers:,} letters of {trial.size:,} octets, {plan['segments']:,} segments"
    )
    mine = figures.pop("")
    rows = [Row(what, name, mine, rate, "letters/s") for name, rate in figures.items()]
    rows += [
        replace(row, what="  its sending alone, as it reports", ours=ours.rate())
        for row in rows
        if row.peer == "smtp-source -d"
    ]
    if not has_postfix():
        rows.append(Row(what, MISSING, mine, float("nan"), "letters/s"))
    return rows


def measure_distance(folder: Path, readers: int, rounds: int) -> list[Row]:
    """Letters a second and connection to a relay whose answers take 50 ms."""
    trial = Trial(folder / "distance", readers)
    ours = _Watch(trial)
    fewer = max(readers // 3, 50)
    with sink() as near, module("tests.bench.distance", str(near), str(_HALF_WAY)) as port:
        trial.mail_by(port)
        works = [ours, lambda: python_sender("aiosmtplib", port, fewer, CONNECTIONS, trial.letter)]
        mine, peers = (rate / CONNECTIONS for rate in interleaved(works, rounds))
    what = f"a relay 50 ms away, {readers:,} letters"
    unit = "letters/s, connection"
    return [
        Row(what, "aiosmtplib", mine, peers, unit),
        Row(
            "  its sending alone, as it reports",
            "aiosmtplib",
            ours.rate() / CONNECTIONS,
            peers,
            unit,
        ),
    ]


def measure_signing(folder: Path, readers: int, rounds: int) -> list[Row]:
    """Letters signed and sent a second, beside what OpenSSL alone signs on all cores."""
    trial = Trial(folder / "signing", readers)
    key = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ours = _Watch(trial)
    with sink() as port:
        trial.mail_by(port)
        trial.room.configure(
            delivery={
                "dkim": {"selector": "bench", "domain": "example.org", "key_env": "BENCH_KEY"}
            }
        )
        trial.room.environ["BENCH_KEY"] = key
        works = [ours, _openssl, lambda: signed_rate(key)]
        mine, raw, pressed = interleaved(works, rounds)
    what = f"DKIM RSA-2048: {readers:,} letters signed and sent"
    peer = f"openssl speed, {os.cpu_count()} cores"
    return [
        Row("DKIM RSA-2048: letters written and signed, not sent", peer, pressed, raw, "letters/s"),
        Row(what, peer, mine, raw, "letters/s"),
        Row("  its sending alone, as it reports", peer, ours.rate(), raw, "letters/s"),
    ]


def _openssl() -> float:
    """Signatures a second over all cores at once."""
    told = subprocess.run(
        ["openssl", "speed", "-mr", "-seconds", "3", "-multi", str(os.cpu_count()), "rsa2048"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.findall(r"^\+F2:\d+:2048:([\d.e+-]+):", told, re.MULTILINE)
    # Older releases tell seconds a signature in this line, newer ones signatures a second.
    value = float(found[-1])
    return value if value > 1 else 1 / value
