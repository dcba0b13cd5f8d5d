"""Fuzz the readers guided by coverage, by Atheris: inputs that reach a new line are changed further.

    python -m research.benchmarks.fuzz.guided [mail html ...] [--seconds 60]

A reader may refuse a document (`Unusable`) and raise nothing else, within 10 s and 1.5 GB for 64 kB. What
has reached something new stands in `build/fuzz/corpus/READER`, from which the next run goes on; what breaks
the promise, in `build/fuzz/wrong/READER`, and the command ends with 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from research.benchmarks.fuzz.seeds import KEPT, seeds

MOST_BYTES = 65_536

READERS: dict[str, tuple[str, ...]] = {
    "plain": (".txt",),
    "markdown": (".md",),
    "html": (".html",),
    "mail": (".eml",),
    "calendar": (".ics",),
    "outlook": (".msg",),
    "edgar": (".txt",),
    "tables": (".csv", ".tsv", ".xlsx"),
    "containers": (".zip", ".mbox"),
    "xml": (".xml",),
    "word": (".docx",),
    "pdf": (".pdf",),
    "fhir": (".json",),
    "hl7": (".hl7",),
    "mt940": (".sta",),
}
"""The readers whose code is ours, by their module, and the suffixes of the documents to start from."""


def main() -> int:
    """Fuzz one reader after the other, each in a process of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.fuzz.guided",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "readers", nargs="*", metavar="READER", help=f"of {', '.join(READERS)}; all unless named"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--only", choices=READERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        _fuzz(options.only, options.seconds)
    wrong = []
    for reader in options.readers or READERS:
        command = [sys.executable, "-m", __spec__.name, "--only", reader, "--seconds", str(options.seconds)]
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        ended = [line for line in ran.stderr.splitlines() if "DONE" in line or "NEW" in line]
        print(f"{reader}: {' '.join(ended[-1].split()) if ended else 'nothing new'}", flush=True)
        if ran.returncode:
            wrong.append(reader)
            print("\n".join(ran.stderr.splitlines()[-40:]), flush=True)
    return int(bool(wrong))


def _fuzz(reader: str, seconds: int) -> None:
    """Fuzz a reader in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["docassay.transforms", "docassay.domains"]):
        from docassay.schemas.rows import Source
        from docassay.transforms.formats import Limits, Unusable, kinds
        from docassay.transforms.parse import parse

        list(kinds.readers())  # imports them here, so that they are instrumented, too
    corpus, wrong = KEPT / "corpus" / reader, KEPT / "wrong" / reader
    for folder in (corpus, wrong):
        folder.mkdir(parents=True, exist_ok=True)
    suffixes = READERS[reader]
    for name, content in seeds():
        if Path(name).suffix in suffixes and len(content) <= MOST_BYTES:
            (corpus / name).write_bytes(content)
    module = import_module(f"docassay.transforms.formats.{reader}")
    limits = Limits(bytes=MOST_BYTES, chars=500_000)

    def once(content: bytes) -> None:
        parse(Source(f"fuzzed{suffixes[0]}", content), limits)
        for media_type in sorted(module.MEDIA_TYPES):
            try:
                module.read(content, limits, media_type)
            except (Unusable, RecursionError):
                continue

    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-artifact_prefix={wrong}/",
            f"-max_total_time={seconds}",
            f"-max_len={MOST_BYTES}",
            "-timeout=10",
            "-rss_limit_mb=1500",
            "-print_final_stats=1",
        ],
        once,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    raise SystemExit(main())
