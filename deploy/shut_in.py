"""Shut in: a network of their own for a cluster's processes, which nothing outside this machine can reach.

    python deploy/shut_in.py READY PORT...    # writes READY, and holds the network

Beam's job servers and worker pools listen on all addresses, ask for no password, and run what they are sent.
So they get a network namespace of Linux (namespaces(7)) that has a loopback and nothing else. This process
holds it, and forwards the ports named from the machine's own loopback into it. Needs Linux, and either root
or user namespaces for everybody; Python's standard library is enough.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_FLAGS, _UP = 0x8914, 0x1
"""SIOCSIFFLAGS and IFF_UP of netdevice(7)."""


def enter() -> None:
    """Put this process into a new network, and switch its loopback on.

    Raises:
        OSError: The machine does not allow it.
    """
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK):  # who is not root may do so in a user namespace
        if libc.unshare(_NEW_USER | _NEW_NETWORK):
            number = ctypes.get_errno()
            raise OSError(number, f"no network of its own: {os.strerror(number)}")
        for name, line in (("setgroups", "deny"), ("uid_map", user), ("gid_map", group)):
            text = line if isinstance(line, str) else f"{line} {line} 1"
            Path("/proc/self", name).write_text(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))


def inside(holder: int) -> list[str]:
    """Give the words before a command that start it in the network that a process holds."""
    words = ["nsenter", f"--net=/proc/{holder}/ns/net"]
    if os.readlink(f"/proc/{holder}/ns/user") != os.readlink("/proc/self/ns/user"):
        words += [f"--user=/proc/{holder}/ns/user", "--preserve-credentials"]
    return [*words, "--"]


async def _serve(sockets: Sequence[socket.socket]) -> None:
    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.close()

    async def forward(listening: socket.socket) -> None:
        port = listening.getsockname()[1]

        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                there = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            try:
                await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
            finally:
                there[1].close()
                writer.close()

        async with await asyncio.start_server(connect, sock=listening) as server:
            await server.serve_forever()

    await asyncio.gather(*map(forward, sockets))


def main() -> None:
    """Hold a network, and forward the ports that the command line names."""
    # A socket stays in the network that it was made in: these listen outside, what they connect to is inside.
    ready, *ports = sys.argv[1:]
    sockets = [socket.create_server(("127.0.0.1", int(port))) for port in ports]
    try:
        enter()
    except OSError as error:
        sys.exit(str(error))
    Path(ready).touch()
    asyncio.run(_serve(sockets))


if __name__ == "__main__":
    main()
