"""What is wrong with labelled rows taken together: labels, duplicates, leaks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from rapidfuzz.distance import DamerauLevenshtein

from docassay.train.score import Kind
from docassay.train.table import Findings, Row, Table

FEWEST_ROWS = 30
FEWEST_EXAMPLES = 3
"""One each to train, to tune and to test on."""
SCARCE_EXAMPLES = 20
"""A label with fewer examples is seldom given (the shipped models' experience)."""
MOST_LABELS = 500
LEAK_SHARE = 0.8
"""From this share of the texts on, a label that stands in its text gives itself away."""
TYPO_RATIO = 10
"""A label is taken for a typo of one that is so many times as frequent."""


def kind_of(table: Table, asked: str) -> Kind:
    """Tell whether labels exclude each other, from the data unless the user states it."""
    if asked == "single":
        return "single"
    return "multi" if asked == "multi" or table.listed else "single"


def check(rows: Sequence[Row], kind: Kind, findings: Findings) -> list[Row]:
    """Add what is wrong to the findings, and return the rows to use: without what stands there twice.

    Of rows of the same text and labels the first of each split stays; rows of the same text and other
    labels contradict each other, and none stays. Rows of documents all stay.
    """
    if kind == "single":
        for row in rows:
            if not row.labels:
                findings.error("no label; where a text may have none, say --kind multi", row.line)
            elif len(row.labels) > 1:
                findings.error("several labels in a row of --kind single", row.line)
    lines_of: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for label in row.labels:
            lines_of[label].append(row.line)
    _labels(lines_of, rows, kind, findings)
    loose = [row.line for row in rows if not row.document]
    if 0 < len(loose) < len(rows):
        findings.error("no document, where other rows have one", *loose)
    if len(rows) < FEWEST_ROWS:
        findings.error(f"{len(rows)} usable rows, at least {FEWEST_ROWS} are needed")
    usable = _unique(rows, findings)
    _label_in_text(usable, lines_of, findings)
    return usable


def key(text: str) -> str:
    """Reduce a text to what makes it the same text: its words, without case.

    >>> key("It's  DUE – für Öl!")
    'it s due für öl'
    """
    return " ".join(re.findall(r"\w+", text.casefold())) or " ".join(text.split())


def _labels(lines_of: dict[str, list[int]], rows: Sequence[Row], kind: Kind, findings: Findings) -> None:
    if not lines_of:
        findings.error("no row has a label")
        return
    if len(lines_of) > MOST_LABELS:
        findings.error(
            f"{len(lines_of):,} different labels, at most {MOST_LABELS} are allowed: is it the column"
            " of labels?"
        )
        return
    if len(lines_of) == 1 and (kind == "single" or all(row.labels for row in rows)):
        findings.error(f"all rows have the label {next(iter(lines_of))!r}: there is nothing to distinguish")
    spelt: dict[str, list[str]] = defaultdict(list)
    for label in lines_of:
        spelt[re.sub(r"[\W_]+", " ", label.casefold()).strip() or label].append(label)
    for same in spelt.values():
        if len(same) > 1:
            first, *others = sorted(same, key=lambda label: -len(lines_of[label]))
            for other in others:
                findings.error(f"label {other!r} is {first!r} spelt differently", *lines_of[other])
    for one, other in combinations(sorted(lines_of), 2):
        rare, frequent = sorted((one, other), key=lambda label: len(lines_of[label]))
        if len(lines_of[rare]) * TYPO_RATIO <= len(lines_of[frequent]) and _is_typo(rare, frequent):
            findings.warning(f"label {rare!r} may be a typo of {frequent!r}", *lines_of[rare])
    for label, lines in sorted(lines_of.items()):
        if len(lines) < FEWEST_EXAMPLES:
            findings.error(
                f"label {label!r} has {len(lines)} of the {FEWEST_EXAMPLES} examples that it needs: add some,"
                " or leave it out",
                *lines,
            )
        elif len(lines) < SCARCE_EXAMPLES:
            findings.warning(f"label {label!r} has only {len(lines)} examples and will seldom be given")


def _is_typo(rare: str, frequent: str) -> bool:
    """Tell whether a rare name is a typo of a frequent one; a different number makes a different name."""
    if re.findall(r"\d+", rare) != re.findall(r"\d+", frequent):
        return False
    most = max(1, len(frequent) // 8)
    return DamerauLevenshtein.distance(rare, frequent, score_cutoff=most) <= most


def _unique(rows: Sequence[Row], findings: Findings) -> list[Row]:
    if any(row.document for row in rows):  # a text that recurs is what it is by where it stands
        return list(rows)
    same: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        same[key(row.text)].append(row)
    distinct: list[Row] = []
    for group in same.values():
        first = group[0]
        if any(row.labels != first.labels for row in group):
            findings.warning(
                "the same text with other labels: left out, since one of them is wrong",
                *(row.line for row in group),
            )
            continue
        by_split = {row.split: row for row in reversed(group)}
        distinct += by_split.values()
        again = [row.line for row in group if by_split[row.split] is not row]
        if again:
            findings.warning("a text that occurs earlier: used once", *again)
    return sorted(distinct, key=lambda row: row.line)


def _label_in_text(rows: Sequence[Row], labels: Iterable[str], findings: Findings) -> None:
    words = {label: f" {key(label.replace('_', ' '))} " for label in labels}
    holding = [row for row in rows if any(words[label] in f" {key(row.text)} " for label in row.labels)]
    labelled = Counter(bool(row.labels) for row in rows)[True]
    if labelled and len(holding) >= LEAK_SHARE * labelled:
        findings.warning(
            f"{len(holding) / labelled:.0%} of the texts hold the name of their own label: a head learns"
            " to read the name, and fails where it is absent",
            *(row.line for row in holding[:5]),
        )
