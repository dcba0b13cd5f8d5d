"""Collect the names of medicines that `transforms.redaction` keeps: `transforms/redaction/medicines.txt`.

    python -m research.corpora.medicines CIS_bdpm.txt drugNames.json

The first file is that of the French base de données publique des médicaments (Licence Ouverte 2.0), the
second the names of Drugs@FDA (of the United States' government, not under copyright), as
`[{"DrugName": ...}]`. Of a name the first word counts, and each of several joined by ``/`` or ``AND``. Left
out are words that the lexicon of the tagger knows as a name, a town or an ordinary word, and short ones.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from docassay.models.tagger import installed
from docassay.models.word_features import crc

TARGET = Path(__file__).resolve().parents[2] / "transforms" / "redaction" / "medicines.txt"
SHORTEST = 4
_PARTS = re.compile(r"\s*/\s*|\bAND\b|\s-\s|;")
_FIRST = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_KNOWN = 0b1111111
"""Flags of the lexicon: a first name, a common one, a surname, a common one, a town, an ordinary word."""


def names(bdpm: Path, fda: Path) -> Iterator[str]:
    """Give the words of both lists, in lower case."""
    titles = [line.split("\t")[1] for line in bdpm.read_text("utf-8-sig").split("\n") if "\t" in line]
    titles = [title.split(",")[0] for title in titles]
    titles += [row["DrugName"] for row in json.loads(fda.read_text("utf-8"))]
    for title in titles:
        for part in _PARTS.split(title):
            if (word := _FIRST.match(part)) is not None:
                yield word[0].casefold()


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(
        prog="python -m research.corpora.medicines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bdpm", type=Path)
    parser.add_argument("fda", type=Path)
    options = parser.parse_args()
    lexicon = installed().lexicon
    words = sorted({word for word in names(options.bdpm, options.fda) if len(word) >= SHORTEST})
    bits, _ = lexicon.look_up(np.array([crc(word) for word in words], np.uint32))
    kept = [word for word, known in zip(words, bits, strict=True) if not known & _KNOWN]
    TARGET.write_text("".join(f"{word}\n" for word in kept), "utf-8")
    print(f"{len(kept):,} of {len(words):,} words")


if __name__ == "__main__":
    main()
