"""Whether a container of docassay is healthy: the exit code is 0, or 1 with a line that says why.

A stream that was given `--metrics-port` is asked for /healthz, a review that was given `--port` for any
answer. Of other commands there is nothing to ask: they end by themselves, with an exit code.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

PROBES = {"stream": ("--metrics-port", "/healthz"), "review": ("--port", "/")}
"""By command the option that names its port, and the path that is asked."""


def address(arguments: Sequence[str]) -> str | None:
    """Give the address to ask of a process with these arguments; None where there is none.

    >>> address(["docassay", "stream", "in", "--out", "tables", "--metrics-port", "9464"])
    'http://127.0.0.1:9464/healthz'
    >>> address(["docassay", "batch", "in", "--out", "tables"])
    """
    for command, (option, path) in PROBES.items():
        if command not in arguments:
            continue
        for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
            name, _, value = argument.partition("=")
            if name == option and (port := value or following) != "0":
                return f"http://127.0.0.1:{port}{path}"
    return None


def fault(url: str, timeout: float = 4.0) -> str:
    """Say what is wrong with what answers at an address; "" where nothing is."""
    try:
        urllib.request.urlopen(url, timeout=timeout).close()
    except urllib.error.HTTPError as error:  # a review without its token answers 403: it is there
        return f"{url}: {error.code}" if error.code >= 500 else ""
    except OSError as error:
        return f"{url}: {error}"
    return ""


def main() -> None:
    """Ask the process that the container runs."""
    arguments = Path("/proc/1/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    url = address(arguments)
    if url and (found := fault(url)):
        sys.exit(found)


if __name__ == "__main__":
    main()
