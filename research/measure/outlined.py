"""Measure `filing_item` on whole annual reports by their own headings.

    python -m research.measure.outlined

The reports are those of `documents/`, which no split holds, in the formats that users have. A segment's gold
is the item that the outline names above it; a segment whose text holds such a heading is not counted.
"""

import argparse
import re
import tempfile
from collections import Counter
from pathlib import Path

from docassay.schemas.rows import Reject, Result
from docassay.transforms.context import Context, Options
from docassay.views.explain import explain
from research.corpora.financial import ANNUAL_ITEMS
from research.measure.whole import documents

ARCHIVES = ("financial-sec_pdf", "financial-unstructured")
HEADING = re.compile(r"(?im)^\W*item\s*(\d{1,2}[abc]?)\b")


def item(headings: list[str]) -> str:
    """Return the label of the last item that headings name, "" where none is known.

    >>> item(["PART I", "Item 1A. Risk Factors", "We may lose"]), item(["Exhibits"])
    ('risk_factors', '')
    """
    named = [match[1] for heading in headings if (match := HEADING.match(heading))]
    return ANNUAL_ITEMS.get(f"item_{named[-1].upper()}", "") if named else ""


def counted(result: Result) -> Counter[tuple[str, str]]:
    """Count (gold, answer) over the segments of a report."""
    given = {row.segment: row.label for row in result.classifications if row.task == "filing_item"}
    return Counter(
        (gold, given[segment.segment])
        for segment in result.segments
        if segment.segment in given
        and not HEADING.search(segment.text)
        and (gold := item(list(segment.heading)))
    )


def main() -> None:
    """Print the share of right segments by report, and what is taken for what."""
    parser = argparse.ArgumentParser(prog="python -m research.measure.outlined", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    context = Context(Options(threads=2))
    total: Counter[tuple[str, str]] = Counter()
    for name in ARCHIVES:
        with tempfile.TemporaryDirectory() as folder:
            for path in documents(options.data / f"documents/{name}.tar.xz", Path(folder)):
                for result in explain(str(path), context):
                    if isinstance(result, Reject) or result.document.kind != "annual_report_10k":
                        continue
                    counts = counted(result)
                    if counts:
                        print(f"{path.name}: {_share(counts)}", flush=True)
                    total += counts
    print(f"all: {_share(total)}")
    for (gold, answer), number in total.most_common():
        if gold != answer:
            print(f"  {number} of {gold} called {answer}")


def _share(counts: Counter[tuple[str, str]]) -> str:
    right = sum(number for (gold, answer), number in counts.items() if gold == answer)
    return f"{right} of {counts.total()} segments right, {right / max(1, counts.total()):.3f}"


if __name__ == "__main__":
    main()
