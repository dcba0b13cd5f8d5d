"""Train, validation and test: a document and near-duplicates in one, every label in each where it can be."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from docassay.schemas.errors import DataError
from docassay.train.checks import key
from docassay.train.score import Split
from docassay.train.table import Findings, Row

SHARES: dict[Split, float] = {"train": 0.8, "test": 0.1, "validation": 0.1}
NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
FOLDS = 5
SIMILARITY = 0.8
"""Share of three-word sequences (Jaccard) from which on two texts are near-duplicates."""
COMPARED_WORDS = 200
"""Of each text so many words are compared, so that the time is bounded."""


def split(rows: Sequence[Row], seed: int, findings: Findings) -> dict[Split, list[Row]]:
    """Assign each row to a split, as the data's `split` column says if it has one.

    With such a column, rows of train or validation that nearly repeat one of a later split are
    reported and left out, and a missing validation is drawn from train. Documents are dealt out whole and
    keep all their rows: the phrases of a firm recur in its next document too.

    Raises:
        DataError: The near-duplicates leave nothing to test on, or the column has no train or no test.
    """
    alike = near_duplicate_groups([_compared(row.text) for row in rows], SIMILARITY)
    whole = any(row.document for row in rows)

    def drawn(part: Sequence[Row], shares: dict[Split, float]) -> dict[Split, list[Row]]:
        if whole:
            return _deal(part, seed, shares)
        place = {row.line: group for row, group in zip(rows, alike, strict=True)}
        return _draw(part, [place[row.line] for row in part], seed, shares)

    if any(row.split for row in rows):
        parts = _given(rows, range(len(rows)) if whole else alike, findings)
        if not parts["validation"]:
            parts |= drawn(parts["train"], {"train": 0.9, "validation": 0.1})
    else:
        parts = drawn(rows, SHARES)
    if whole:
        _recurring(rows, alike, parts, findings)
    else:
        _conflicts(rows, alike, findings)
    empty = [name for name, part in parts.items() if not part]
    if empty:
        what = "documents" if whole else "texts"
        raise DataError(f"nothing is left for {' and '.join(empty)}: too few different {what}")
    return parts


def folds(documents: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """Deal documents out to folds, whole; gives the fold of each text."""
    names = np.unique(documents)
    order = np.random.default_rng(seed).permutation(len(names))
    place = {name: int(number) % FOLDS for name, number in zip(names, order, strict=True)}
    return np.array([place[name] for name in documents], np.int64)


def near_duplicate_groups(keys: Sequence[str], similarity: float, shingle: int = 3) -> list[int]:
    """Return a group number per text, given by its words without case or marks; near-duplicates share one.

    A group's number is the index of its first text, so that it is the same in every process.
    Two texts are near-duplicates if `similarity` (Jaccard) of their word shingles is shared.

    Shingles found in more than 200 texts are boilerplate and are not used to find candidates.
    """
    shingles = [_shingles(key, shingle) for key in keys]
    parent = list(range(len(keys)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    holders: dict[str, list[int]] = defaultdict(list)
    for index, pieces in enumerate(shingles):
        shared: dict[int, int] = defaultdict(int)
        for piece in pieces:
            if len(holders[piece]) <= 200:
                for other in holders[piece]:
                    shared[other] += 1
                holders[piece].append(index)
        for other, count in shared.items():
            if count >= similarity * (len(pieces) + len(shingles[other]) - count):
                first, second = sorted((root(index), root(other)))
                parent[second] = first
    return [root(index) for index in range(len(keys))]


def _shingles(key: str, size: int) -> set[str]:
    words = key.split()
    return {" ".join(words[start : start + size]) for start in range(max(1, len(words) - size + 1))}


def _recurring(
    rows: Sequence[Row], alike: Sequence[int], parts: dict[Split, list[Row]], findings: Findings
) -> None:
    """Report texts of the test that train has too, and documents that the data's own split cuts."""
    group = {row.line: number for row, number in zip(rows, alike, strict=True)}
    trained = {group[row.line] for row in parts["train"]}
    again = [row.line for row in parts["test"] if group[row.line] in trained]
    if again:
        findings.warning("a text of test nearly repeats one of train, as in the next document it may", *again)
    first: dict[str, Split] = {}
    for name, part in parts.items():
        torn = [row.line for row in part if first.setdefault(row.document, name) != name]
        if torn:
            findings.warning("a document in several splits: its texts reveal each other", *torn)


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.line)


def _compared(text: str) -> str:
    return re.sub(r"\d+", "0", " ".join(key(text).split()[:COMPARED_WORDS]))


def _conflicts(rows: Sequence[Row], groups: Sequence[int], findings: Findings) -> None:
    members: dict[int, list[Row]] = defaultdict(list)
    for row, group in zip(rows, groups, strict=True):
        members[group].append(row)
    for alike in members.values():
        if len({row.labels for row in alike}) > 1:
            findings.warning(
                "nearly the same text with other labels: worth checking", *(row.line for row in alike)
            )


def _given(rows: Sequence[Row], groups: Sequence[int], findings: Findings) -> dict[Split, list[Row]]:
    strange = [row for row in rows if row.split.lower() not in NAMES]
    if strange:
        names = ", ".join(sorted({repr(row.split)[:30] for row in strange})[:5])
        raise DataError(
            f"line {strange[0].line}: split is {names}; it must be train, validation or test, in every"
            " row or none"
        )
    parts: dict[Split, list[Row]] = {"train": [], "validation": [], "test": []}
    reserved: dict[int, Row] = {}
    order: list[Split] = ["test", "validation", "train"]
    for name in order:
        pairs = [pair for pair in zip(rows, groups, strict=True) if NAMES[pair[0].split.lower()] == name]
        for row, group in pairs:
            if group in reserved:
                findings.warning(
                    f"a text of {name} nearly repeats one of {reserved[group].split}: left out of {name}",
                    row.line,
                )
            else:
                parts[name].append(row)
        for row, group in pairs:
            reserved.setdefault(group, row)
    return parts


def _draw(
    rows: Sequence[Row], groups: Sequence[int], seed: int, shares: dict[Split, float]
) -> dict[Split, list[Row]]:
    """Deal out whole groups, those of rare labels first, each to the split that lacks most of its label."""
    members: dict[int, list[Row]] = defaultdict(list)
    for row, group in zip(rows, groups, strict=True):
        members[group].append(row)
    frequency = Counter(label for row in rows for label in row.labels)
    groups_by_label: dict[str, list[int]] = defaultdict(list)
    for group, rows_of_group in members.items():
        labels = sorted(
            {label for row in rows_of_group for label in row.labels}, key=lambda x: (frequency[x], x)
        )
        groups_by_label[labels[0] if labels else ""].append(group)
    chance = random.Random(seed)
    parts: dict[Split, list[Row]] = {name: [] for name in shares}
    for label in sorted(groups_by_label, key=lambda label: (len(groups_by_label[label]), label)):
        drawn = sorted(groups_by_label[label])
        chance.shuffle(drawn)
        drawn.sort(key=lambda group: -len(members[group]))  # a large one finds its place while there is room
        total = sum(len(members[group]) for group in drawn)
        held = dict.fromkeys(shares, 0)
        for group in drawn:
            name = max(shares, key=lambda name: (held[name] == 0, shares[name] * total - held[name]))
            parts[name] += members[group]
            held[name] += len(members[group])
    return {name: _in_order(rows_of_group) for name, rows_of_group in parts.items()}


def _deal(rows: Sequence[Row], seed: int, shares: dict[Split, float]) -> dict[Split, list[Row]]:
    """Deal out whole documents, those of rare labels first, each to a split that has room.

    Of those with room the one that lacks most of the document's labels gets it, else the emptiest.
    """
    members: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        members[row.document].append(row)
    labels = {
        name: {label for row in of_document for label in row.labels} for name, of_document in members.items()
    }
    frequency = Counter(label for of_document in labels.values() for label in of_document)
    order = random.Random(seed).sample(sorted(members), len(members))
    order.sort(key=lambda name: min((frequency[label] for label in labels[name]), default=len(members)))
    parts: dict[Split, list[Row]] = {name: [] for name in shares}
    known: dict[Split, set[str]] = {name: set() for name in shares}
    for document in order:
        room = {name: shares[name] * len(rows) - len(parts[name]) for name in shares}
        free = [name for name in shares if room[name] > 0]
        chosen = max(free, key=lambda name: (len(labels[document] - known[name]), room[name]))
        parts[chosen] += members[document]
        known[chosen] |= labels[document]
    return {name: _in_order(of_document) for name, of_document in parts.items()}


def sample(rows: Sequence[Row], most: int, seed: int, findings: Findings) -> list[Row]:
    """Draw at random from more rows than are to be used, whole documents where there are any.

    Raises:
        DataError: A document alone has more.
    """
    if len(rows) <= most:
        return list(rows)
    chance, documents = random.Random(seed), sorted({row.document for row in rows})
    if documents == [""]:
        drawn = chance.sample(rows, most)
    else:
        size, chosen, room = Counter(row.document for row in rows), set(), most
        for document in chance.sample(documents, len(documents)):
            room -= size[document]
            if room < 0:
                break
            chosen.add(document)
        if not chosen:
            raise DataError(f"a document has more than {most:,} rows; --rows sets how many are used")
        drawn = [row for row in rows if row.document in chosen]
    findings.warning(
        f"{len(drawn):,} of {len(rows):,} rows are drawn at random and used; --rows sets the number"
    )
    return _in_order(drawn)
