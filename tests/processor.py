"""What the processor under the tests can do."""

from pathlib import Path

_ABOUT = Path("/proc/cpuinfo")
VNNI = not _ABOUT.is_file() or "vnni" in _ABOUT.read_text(encoding="utf-8")
"""Whether it multiplies int8 into 32 bits: without, the engine's sums of pairs overflow at 16."""
