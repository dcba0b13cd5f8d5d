"""Redaction: how many drugs, parts of the body and vital signs are removed without need.

    python -m research.benchmarks.redact_terms --real ../real --more ../more --save

The documents are those of `research.benchmarks.redact`, as texts, and 200 transcribed notes of real patients
without marks (`real/note`). Of words the lists of `transforms.redaction.terms` are counted and what ends as
the names of ingredients do; of vital signs their values, too, where their name stands before them or their
unit behind. What people have marked, and what stands behind a form of address, does not count.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from docassay.models.span_edges import TITLED
from docassay.models.tagger import installed
from docassay.transforms.detect import detect_language
from docassay.transforms.redaction.spans import found
from docassay.transforms.redaction.terms import WORDS, is_medicine, is_term, lists
from research.benchmarks import report
from research.benchmarks.redact_notes import Note, letters, notes

KINDS = ("drugs", "parts of the body", "vital signs")
SETS = {
    "letter": "51 German letters",
    "en": "100 invented English notes",
    "fr": "50 invented French notes",
    "fr_pieces": "50 French notes made of held-back passages",
    "note": "200 transcribed English notes",
}
_SHORTEST = 3
_VALUES = re.compile(
    r"\b(?:blood pressure|blutdruck|tension|BP|RR|TA|pulse|puls|pouls|heart rate|herzfrequenz"
    r"|respiratory rate|respirations?|atemfrequenz|temperature?|température|temperatur|SpO2|saturation"
    r"|sättigung|BMI|weight|gewicht|poids)\b(?:[^\S\n]|[:=]|is|was|of|at|est|à|ist|von|her|normal){0,12}\n?"
    r"(\d{1,3}(?:[.,/]\d{1,3})?)"
    r"|(?<![\d/.,])(\d{2,3}(?:[.,/]\d{1,3})?)\s?(?:mm\s?Hg|/\s?min\b|bpm|°\s?[CF])",
    re.IGNORECASE,
)


def terms(text: str) -> Iterator[tuple[str, int, int]]:
    """Give the kind and the place of each term of a text, and of each value of a vital sign."""
    for match in WORDS.finditer(text):
        word = match[0].casefold()
        if len(word) < _SHORTEST or TITLED.search(text[max(0, match.start() - 14) : match.start()]):
            continue
        if is_medicine(word):
            yield KINDS[0], *match.span()
        elif word in lists()["vital_signs"]:
            yield KINDS[2], *match.span()
        elif word in lists()["organs"] or (is_term(word) and word not in lists()["notes"]):
            yield KINDS[1], *match.span()
    for match in _VALUES.finditer(text):
        yield KINDS[2], *match.span(1 if match[1] else 2)


def transcribed(real: Path) -> list[Note]:
    """Read the notes that nobody has marked."""
    return [
        Note(f"note_{path.stem}", "en", path.read_text("utf-8"), ())
        for path in sorted((real / "note").glob("*.txt"))
    ]


def main() -> None:
    """Measure, print and, if asked, save."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.redact_terms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--real", type=Path, default=Path("../real"))
    parser.add_argument("--more", type=Path, default=Path("../more"))
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    taken: defaultdict[str, Counter[str]] = defaultdict(Counter)
    tagger = installed()
    for note in [*letters(options.real), *notes(options.more, 200), *transcribed(options.real)]:
        name = (
            next(name for name in sorted(SETS, reverse=True) if note.name.startswith(f"{name}_"))
            if note.language != "de"
            else "letter"
        )
        text = note.text
        going = [(span.start, span.end) for span in found(text, detect_language(text)[0], tagger)]
        for kind, start, end in terms(text):
            if all(last <= start or first >= end for first, last, _ in note.spans):
                of[name][kind] += 1
                if any(last > start and first < end for first, last in going):
                    taken[name][kind] += 1
                    print(f"{note.name}: {kind}: {text[max(0, start - 30) : end + 10]!r}", flush=True)
    rows = [[SETS[name], *(f"{taken[name][kind]} of {of[name][kind]:,}" for kind in KINDS)] for name in of]
    report.show("removed", ["on", *KINDS], rows)
    if options.save:
        figures = [
            report.figure(f"{SETS[name]}: {kind} removed", f"{taken[name][kind]} of {of[name][kind]:,}", "0")
            for name in of
            for kind in KINDS
        ]
        report.save("redact_terms", figures, {"removed": taken, "of": of})


if __name__ == "__main__":
    main()
