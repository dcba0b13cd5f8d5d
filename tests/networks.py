"""Whether this machine gives a cluster of the tests a network of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@lru_cache(1)
def can_shut_in() -> bool:
    """Try it in a process of its own; where it fails, clusters are open, and tests of that are skipped."""
    code = "from deploy.shut_in import enter; enter()"
    tried = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    return tried.returncode == 0 and shutil.which("nsenter") is not None
