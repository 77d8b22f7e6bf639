"""A command in a network of its own, in which the kernel counts what had no way out.

    python tests/support/offline.py COUNTS command ...

runs the command in a network namespace with a loopback and no route, and writes to the file COUNTS
as JSON: packets and connects that found no route, by IPv4 and by IPv6, and the octets that went
over the loopback. Native code is counted as well, which no hook in Python sees. Where the kernel
allows us no namespace, a hook in the command's Python counts instead, and refuses.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_HOOK = """
import os, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(os.environ["OFFLINE_TRIES"], "a") as file:
            file.write(f"{event} {arguments[-1]!r}\\n")
        raise OSError("offline")

sys.addaudithook(watch)
"""


def enter() -> bool:
    """Go into a namespace with nothing but a loopback; False: the kernel does not let us."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEWNET) != 0:
        if libc.unshare(_NEWUSER | _NEWNET) != 0:
            return False
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        name = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(handle, _SIOCGIFFLAGS, name))[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
    return True


def counted() -> dict[str, int]:
    """What the kernel has counted since the namespace began."""
    names, values = [
        line.split()[1:]
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Ip:")
    ]
    four = dict(zip(names, map(int, values), strict=True))
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    interfaces = Path("/proc/net/dev").read_text().splitlines()
    loopback = next(line for line in interfaces if line.strip().startswith("lo:"))
    return {
        "ipv4": four["OutNoRoutes"],
        "ipv6": int(six["Ip6OutNoRoutes"]),
        "loopback": int(loopback.partition(":")[2].split()[0]),
    }


def main() -> None:
    counts, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        environ, tries = dict(os.environ), Path(folder, "tries")
        inside = enter()
        if not inside:
            Path(folder, "sitecustomize.py").write_text(_HOOK)
            environ |= {"PYTHONPATH": folder, "OFFLINE_TRIES": str(tries)}
        done = subprocess.run(command, env=environ, check=False)
        if inside:
            found = counted()
        else:
            many = len(tries.read_text().splitlines()) if tries.exists() else 0
            found = {"ipv4": many, "ipv6": 0, "loopback": many}
    Path(counts).write_text(json.dumps(found))
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
