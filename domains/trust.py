"""Trust: how often what a rule reads of a field was right, on labelled documents by which it was not written.

``trust.tsv`` in the folder of a domain has a line for each field, one for its sure values and one for its
hints. `research.benchmarks.facts` writes it from the parts of its sets that it measures: on those by which
the rules were written they are right too often.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from docassay.schemas.errors import DomainError

FILE = "trust.tsv"
COLUMNS = ("field", "sure", "right", "of")
FEWEST = 10
"""Values of a field of which something is said."""


class Counted(NamedTuple):
    """How many values were right, of how many."""

    right: int
    of: int

    @property
    def share(self) -> float | None:
        """The share that is right, by Laplace's rule; None of too few.

        >>> Counted(98, 98).share, Counted(9, 9).share
        (0.99, None)
        """
        return round((self.right + 1) / (self.of + 2), 3) if self.of >= FEWEST else None


Trust = tuple[float | None, float | None]
"""The probability that a hint of a field is right, and that a sure value is; None where it is not known."""

UNKNOWN: Trust = (None, None)


def counted_in(folder: Path) -> dict[tuple[str, bool], Counted]:
    """Read the counts of each field of a domain, of hints and of sure values; none without such a file.

    Raises:
        DomainError: A line is none.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return {
                (row["field"], row["sure"] == "yes"): Counted(int(row["right"]), int(row["of"]))
                for row in csv.DictReader(lines, delimiter="\t")
            }
    except (KeyError, ValueError, TypeError) as error:
        raise DomainError(f"{folder.name}/{FILE}: a line has no {', '.join(COLUMNS)}: {error}") from None


def trust_in(folder: Path) -> Mapping[str, Trust]:
    """Read the trust in the fields of a domain, by name; see `counted_in`."""
    counts, none = counted_in(folder), Counted(0, 0)
    return {
        name: (counts.get((name, False), none).share, counts.get((name, True), none).share)
        for name, _ in counts
    }
