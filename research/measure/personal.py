"""Measure the tagger of personal data on documents that people have marked.

    python -m research.measure.personal --real ../real --data ../shared/data --more ../more

Prints how many names it finds in 200 English notes and mails, whose names are in
`research/judged/names.tsv`, and how much of the French fifth that is held back. (The letters are measured
where they are left out of the training: `python -m research.personal.train --folds`.)
"""

import argparse
import csv
import hashlib
import re
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from docassay.models.tagger import PersonalDataTagger, load
from docassay.models.word_features import word_spans
from docassay.schemas.rows import Source
from docassay.transforms.detect import detect_language
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from research.corpora.personal import LABELS, Marked, Span, french_pieces, joined

Found = Sequence[tuple[Marked, Sequence[Span]]]
"""Documents with what is marked in them, and what was found."""

ADDRESS = re.compile(r"[\w.+=#-]+@[\w.-]+|https?://\S+|www\.\S+")
LONGEST_NAME = 5
"""Words of a name."""


def held_back(piece: Marked) -> bool:
    """Tell whether a French piece is of the fifth that is only measured on."""
    return zlib.crc32(piece.source.encode()) % 5 == 0


def exact(found: Found) -> dict[str, float]:
    """Count spans of the same label and offsets; identifiers of any kind are numbers of a record."""
    hits = given_count = gold_count = 0
    for marked, spans in found:
        given = {(a, b, _kind(label)) for a, b, label in joined(marked.text, spans, _JOINED[marked.language])}
        gold = {(a, b, _kind(label)) for a, b, label in marked.spans}
        hits, given_count, gold_count = (
            hits + len(gold & given),
            given_count + len(given),
            gold_count + len(gold),
        )
    return _scores("exact", hits, given_count, gold_count)


_JOINED: dict[str, tuple[str, ...]] = defaultdict(tuple, fr=("person", "street_address"))
_NUMBERS = frozenset(("passport", "driver_license", "credit_card", "iban_code"))


def _kind(label: str) -> str:
    if label in LABELS or label in ("email_address", "domain_name"):
        return label
    return "record_number" if label in _NUMBERS or label[:3] in ("de_", "fr_", "uk_", "us_") else label


def words_found(found: Found) -> dict[str, float]:
    """Count words that are personal data, whatever the label, as Presidio does."""
    hits = given_count = gold_count = 0
    for marked, spans in found:
        for start, end in word_spans(marked.text):
            if not marked.text[start].isalnum():
                continue
            gold = any(a < end and b > start for a, b, _ in marked.spans)
            given = any(a < end and b > start for a, b, _ in spans)
            hits, given_count, gold_count = hits + (gold and given), given_count + given, gold_count + gold
    return _scores("words", hits, given_count, gold_count)


def _scores(name: str, hits: int, given: int, gold: int) -> dict[str, float]:
    precision, recall = hits / max(1, given), hits / max(1, gold)
    values = {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-9, precision + recall),
        "f2": 5 * precision * recall / max(1e-9, 4 * precision + recall),
    }
    return {f"{name}_{key}": round(value, 3) for key, value in values.items()}


def print_figures(title: str, found: Found) -> None:
    """Print both counts, and the first by label."""
    print(f"{title}: {len(found)} documents", flush=True)
    for scores in (exact(found), words_found(found)):
        print("   ", *(f"{key} {value:.3f}" for key, value in scores.items()), flush=True)
    labels = sorted({label for marked, _ in found for _, _, label in marked.spans})
    for label in labels:
        of_label = [
            (
                Marked(m.text, tuple(s for s in m.spans if s[2] == label), m.language, m.source),
                [s for s in spans if _kind(s[2]) == label],
            )
            for m, spans in found
        ]
        count = sum(len(m.spans) for m, _ in of_label)
        print(f"      {label:16}{count:5}", *(f"{v:.3f}" for v in exact(of_label).values()), flush=True)


def names(
    real: Path, judged: Path, tagger: PersonalDataTagger, keep: Sequence[str] = ("name",)
) -> dict[str, list[int]]:
    """Count, by set: names, names found whole, spans of a person, and those that are nothing but names.

    Args:
        real: The documents.
        judged: Their names: for each the digest of the name as it is written, with one space between words.
        tagger: What is measured.
        keep: The kinds of `judged` that must be found; the others are neither right nor wrong.
    """
    rows: dict[str, dict[str, str]] = defaultdict(dict)
    for row in csv.DictReader(judged.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE):
        rows[row["file"]][row["name_sha256"]] = row["kind"]
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for file, kinds in sorted(rows.items()):
        parsed = parse(Source(uri=file, content=(real / file).read_bytes()), Limits(parts=False))[0]
        if not isinstance(parsed, Document):
            continue
        count = counts[file.split("/")[0]]
        gold = list(marked_names(parsed.text, kinds))
        spans = [s for s in tagger.find(parsed.text, detect_language(parsed.text)[0]) if s.label == "person"]
        inside = {n for span in spans for n in range(span.start, span.end)}
        for start, end, kind in gold:
            if kind in keep:
                count[0] += 1
                count[1] += all(n in inside for n in range(start, end) if parsed.text[n].isalnum())
        asked = {n for a, b, kind in gold if kind in keep for n in range(a, b)}
        allowed = {n for a, b, _ in gold for n in range(a, b)}
        for span in spans:
            letters = [n for n in range(span.start, span.end) if parsed.text[n].isalnum()]
            if all(n in allowed for n in letters) and not any(n in asked for n in letters):
                continue
            count[2] += 1
            count[3] += all(n in allowed for n in letters)
    return counts


def marked_names(text: str, kinds: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    """Find again the names whose digests were kept, the longest first; a lone letter only after "Dr."."""
    masked = ADDRESS.sub(lambda match: "\0" * len(match[0]), text)
    words = [match.span() for match in re.finditer(r"[^\W_][\w.'’-]*", masked)]
    taken: set[int] = set()
    for size in range(LONGEST_NAME, 0, -1):
        for n in range(len(words) - size + 1):
            start = words[n][0]
            for end in _ends(masked, words[n + size - 1]):
                name = " ".join(re.sub(r"\s+(?:>\s*)*", " ", masked[start:end]).split())
                kind = kinds.get(hashlib.sha256(name.encode()).hexdigest()[:16])
                lone = len(name) == 1 and not re.search(r"Dr\. ?$", masked[:start][-5:])
                if kind in (None, "none") or (lone and kind != "optional") or start in taken:
                    continue
                taken |= set(range(start, end))
                yield start, end, str(kind)
                break


def _ends(text: str, word: tuple[int, int]) -> Iterator[int]:
    """Give where a name may end that ends in a word: with it, before its marks, or before a genitive s."""
    start, end = word
    yield end
    for cut in range(end - 1, start, -1):
        if not text[cut].isalnum():
            yield cut


def main() -> None:
    """Measure the shipped tagger, or another."""
    parser = argparse.ArgumentParser(prog="python -m research.measure.personal", description=__doc__)
    parser.add_argument("--real", type=Path, default=Path("../real"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--more", type=Path, default=Path("../more"))
    parser.add_argument("--judged", type=Path, default=Path("research/judged/names.tsv"))
    parser.add_argument("--folder", type=Path, default=Path("models/shipped/personal"))
    options = parser.parse_args()
    tagger = load(options.folder)
    for title, keep in (
        ("names", ("name",)),
        ("names, stand-ins such as Dr. X among them", ("name", "stand_in")),
    ):
        counts = names(options.real, options.judged, tagger, keep)
        counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
        for name, (gold, whole, given, right) in counts.items():
            print(
                f"{title}, {name}: {gold} names, {whole / max(1, gold):.3f} found whole;"
                f" {given} spans, {right / max(1, given):.3f} nothing but names",
                flush=True,
            )
    held = [piece for piece in french_pieces(options.more) if held_back(piece)]
    began = time.process_time()
    found = [(d, [(s.start, s.end, s.label) for s in tagger.find(d.text, d.language)]) for d in held]
    print_figures("French pieces, the fifth held back", found)
    words = sum(len(word_spans(d.text)) for d in held)
    print(f"{(time.process_time() - began) / words * 1e6:.0f} ms for 1,000 words, alone", flush=True)


if __name__ == "__main__":
    main()
