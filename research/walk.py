"""Count the files and functions of docassay that a document passes on its way to its findings.

    python -m research.walk [FILE] [--warm]

One process reads the document by `docassay.batch` (workers=1), and `sys.setprofile` notes each function of
docassay that is called, in any thread; comprehensions, lambdas, class bodies and libraries do not count. The
child that parses is another process and is not counted. ``--warm`` counts a second run of the same process,
when rules and models are there; ``--list`` names the functions by file.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "domains/legal/samples/services_agreement.pdf"


def walk(path: Path, warm: bool) -> Counter[tuple[str, str]]:
    """Read a document, and count the calls of each function by its file and qualified name."""
    import docassay
    import docassay.pipelines.batch

    calls: Counter[tuple[str, str]] = Counter()
    own: dict[str, str] = {}

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_flags & inspect.CO_NEWLOCALS:
            return
        if code.co_filename not in own:
            file = Path("/" if code.co_filename.startswith("<") else code.co_filename).resolve()
            parts = file.relative_to(ROOT).parts if file.is_relative_to(ROOT) else (".",)
            own[code.co_filename] = "/".join(parts) if not parts[0].startswith((".", "research")) else ""
        name = code.co_qualname if sys.version_info >= (3, 11) else code.co_name
        if own[code.co_filename] and not code.co_name.startswith("<"):
            calls[own[code.co_filename], name] += 1

    with tempfile.TemporaryDirectory() as out:
        if warm:
            docassay.batch(path, f"{out}/first")
        threading.setprofile(note)
        sys.setprofile(note)
        try:
            docassay.batch(path, f"{out}/second")
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    return calls


def main() -> None:
    """Print how many files, functions and calls there are."""
    parser = argparse.ArgumentParser(
        prog="python -m research.walk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--warm", action="store_true", help="count a second run of the process")
    parser.add_argument("--list", action="store_true", help="name the functions")
    options = parser.parse_args()
    calls = walk(options.file, options.warm)
    by_file: dict[str, list[str]] = {}
    for file, name in sorted(calls):
        by_file.setdefault(file, []).append(name)
    if options.list:
        for file, names in by_file.items():
            print(f"{file}: {', '.join(names)}")
    print(f"{len(by_file)} files, {len(calls)} functions, {sum(calls.values()):,} calls")


if __name__ == "__main__":
    main()
