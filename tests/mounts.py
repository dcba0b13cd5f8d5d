"""Whether this machine lets a test mount a disk."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence


def succeeds(command: Sequence[str]) -> bool:
    """Run a command; a program that is not there fails."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
