"""Measure facts of receipts: read in their text lines, against what people keyed.

    python -m research.benchmarks.facts.receipts --receipts FILE [--seen] [--wrong FIELD]

FILE is ``sroie.jsonl``: the lines of the 626 receipts of ICDAR 2019 SROIE, joined, with company, date,
address and total. Receipts are parted by the digest of their company: the even half was seen while the
readers were written, and figures are those of the odd half. Names and addresses are compared by letters and
digits.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from docassay.domains.values import Habits, read
from research.benchmarks import report
from research.benchmarks.facts.clinical import Score, facts_of
from research.benchmarks.facts.invoices import HEADINGS, form, is_seen, row_of
from research.benchmarks.facts.score import save_trust, trust, trusted
from research.benchmarks.receipts import letters

FIELDS = ("company", "date", "address", "total")


def keyed(name: str, written: str) -> str:
    """Give what was keyed in the form of `invoices.form`; dates of Malaysia have the day first."""
    if name == "date":
        return letters(read("date", written, Habits("", "de")).normalised or written)
    if name == "total":
        return f"{Decimal(''.join(char for char in written if char in '0123456789.')).normalize():f}"
    return letters(written)


def measure(file: Path, seen: bool) -> dict[str, dict[bool, Score]]:
    """Compare each field; the second score is that of what is sure."""
    scores: dict[str, dict[bool, Score]] = defaultdict(lambda: {False: Score(), True: Score()})
    for line in file.read_text().split("\n"):
        row = json.loads(line) if line else {"key": {}}
        if not row["key"] or is_seen(letters(row["key"].get("company", ""))[:12]) != seen:
            continue
        facts = facts_of(row["id"], row["text"], "receipt", domain="financial")
        for name in FIELDS:
            there = {keyed(name, row["key"][name])} if row["key"].get(name) else set()
            found = [one for one in facts if one.name == name]
            scores[name][False].add(row["id"], {form(one) for one in found}, there)
            scores[name][False].given += [(not one.abstained, form(one) in there) for one in found]
            scores[name][True].add(row["id"], {form(one) for one in found if not one.abstained}, there)
    return scores


def main() -> None:
    """Print two rows for each field: all values, and those that are sure."""
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks.facts.receipts", description=__doc__)
    parser.add_argument("--receipts", type=Path, required=True)
    parser.add_argument("--seen", action="store_true", help="the half that was seen")
    parser.add_argument("--wrong", default="", help="a field whose wrong values are listed")
    parser.add_argument("--save", action="store_true", help="keep what docs/facts-invoices.md shows")
    options = parser.parse_args()
    parts = {seen: measure(options.receipts, seen) for seen in (False, True)}
    scores, tuned = parts[options.seen], parts[True]
    table = []
    for name, both in scores.items():
        table.append(
            [*row_of(name, both[False]), *trusted(trust(both[False].given, tuned[name][False].given))]
        )
        table.append([*row_of(f"{name}, certain", both[True]), "", ""])
    report.show("seen" if options.seen else "apart", HEADINGS, table)
    if not options.seen and options.save:
        report.save("facts_receipts", [], {"headings": HEADINGS, "rows": table}, "facts.receipts")
        save_trust("financial", {name: both[False].given for name, both in scores.items()})
    print("\n".join(scores[options.wrong][False].wrong if options.wrong else []))


if __name__ == "__main__":
    main()
