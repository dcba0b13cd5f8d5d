"""Measure what a stage costs: the processor time of all stages over that of all without it.

    python -m research.benchmarks.stages FOLDER... [--stage extract] [--stage see] [--pairs 15]

The documents of the folders go through parsing and all stages in one thread of this process, once with the
stage and once without it, in turn. Time in which parsing, too, is done, is that of a batch without Beam,
writing and starting. A first run warms up. Beside the mean stand the lowest and the highest ratio.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from docassay.schemas.rows import Source
from docassay.transforms import stages
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from research.benchmarks import report

MEASURED = {"see": "", "extract": "≤ 1.05"}
"""The stages that can be left out, and what is asked of the mean ratio."""

_MOST_BYTES = 20_000_000


def seconds(sources: Sequence[Source], context: Context, without: str = "") -> float:
    """Take sources through parsing and all stages, or all but one; give seconds of the processor."""
    start = time.process_time()
    wanted = [stage for stage in stages.STAGES if stage.name != without and stage.needed(context.options)]
    for source in sources:
        elements = [one for one in parse(source, Limits()) if isinstance(one, Document)]
        for stage in wanted:
            elements = stage.run_mixed(elements, context)
    return time.process_time() - start


def main() -> None:
    """Measure in turn, print and, if asked, save."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.stages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--stage", action="append", choices=MEASURED)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    files = sorted(path for folder in options.folders for path in folder.rglob("*") if path.is_file())
    sources = [
        Source(os.fspath(path), path.read_bytes()) for path in files if path.stat().st_size < _MOST_BYTES
    ]
    context = Context(Options(threads=1))
    seconds(sources, context)
    figures, ratios = [], {}
    for stage in options.stage or MEASURED:
        taken = [(seconds(sources, context), seconds(sources, context, stage)) for _ in range(options.pairs)]
        ratios[stage] = [with_it / without for with_it, without in taken]
        value = f"{mean(ratios[stage]):.3f} ({min(ratios[stage]):.3f} to {max(ratios[stage]):.3f})"
        figures.append(
            report.figure(f"time of all stages over that without `{stage}`", value, MEASURED[stage])
        )
        print(f"{stage}: {value} in {options.pairs} pairs of {len(sources)} files", flush=True)
    if options.save:
        report.save("stages", figures, {"ratios": ratios, "files": len(sources)}, "stages FOLDER --save")


if __name__ == "__main__":
    main()
