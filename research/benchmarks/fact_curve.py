"""What labels gain: fields learnt on 20, 50 and 100 receipts, measured on others.

    python -m research.benchmarks.fact_curve --data ../more [--apart 300] [--seeds 3]

The 626 receipts of ICDAR 2019 SROIE as OCR has read them, with the total, date and company that people keyed.
Labels are the places where the keyed value stands; of the company the line that is most like it. Of each seed
300 receipts are set apart; of the others so many are trained on, by what `docassay train --facts` calls. A
value is right if it is that of a labelled place.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rapidfuzz.fuzz import ratio

from docassay import domains
from docassay.domains.facts import FactField
from docassay.models.calibration import error
from docassay.train.fact_labels import Labelled, read_labels
from docassay.train.fact_ranker import Example, FittedField, examples_of, fit, values_of
from docassay.train.table import Findings
from research.benchmarks import report
from research.benchmarks.receipts import letters

FIELDS = {
    "receipt_total": ("total", "amount", "amount"),
    "receipt_date": ("date", "date", "date"),
    "receipt_company": ("company", "text", "line"),
}
"""By field: the keyed value, the type, and the candidates."""

SIZES = (20, 50, 100)
ALIKE = 85
"""Likeness, of 100, from which on a line of OCR is what people keyed as the company."""

HEADINGS = ("field", "labels", "right", "wrong", "abstained", "missed", "precision", "recall", "ECE", "Brier")


def overlay(folder: Path) -> Mapping[str, FactField]:
    """Make an overlay with the fields, have this process see it, and give them."""
    entries = (
        f'[[fact]]\nname = "{name}"\ntitle = "{key}"\ntype = "{of_type}"\ncandidates = "{candidates}"\n'
        for name, (key, of_type, candidates) in FIELDS.items()
    )
    (folder / "domain.toml").write_text('extends = "financial"\n')
    (folder / "rules.toml").write_text("")
    (folder / "facts.toml").write_text("\n".join(entries))
    os.environ["DOCASSAY_DOMAINS"] = str(folder)
    return {field.name: field for field in domains.load("financial").facts if field.name in FIELDS}


def labels(path: Path, out: Path) -> None:
    """Write the places of keyed values as labels."""
    with out.open("w") as file:
        for content in path.read_text().splitlines():
            receipt = json.loads(content)
            text = receipt["text"]
            file.write(json.dumps({"text": text}) + "\n")
            for name, (key, *_) in FIELDS.items():
                for start, end in places(text, key, receipt["key"].get(key, "")):
                    file.write(json.dumps({"text": text, "name": name, "start": start, "end": end}) + "\n")


def places(text: str, key: str, value: str) -> list[tuple[int, int]]:
    """Find where a keyed value stands in a text."""
    if not value:
        return []
    if key == "company":
        lines = [(match.start(), match.end()) for match in re.finditer(r"\S[^\n]*", text)]
        likeness = [ratio(letters(text[start:end]), letters(value)) for start, end in lines]
        best = int(np.argmax(likeness))
        return [lines[best]] if likeness[best] >= ALIKE else []
    found = re.finditer(rf"(?<![\w.,]){re.escape(value)}(?!\w|[.,]\d)", text)
    return [match.span() for match in found]


def measured(fitted: FittedField, apart: Sequence[Example]) -> list[tuple[float, bool, bool]]:
    """Give the probability of each value given, whether it is not abstained from, and whether it is right."""
    return [
        (one.probability, one.probability >= fitted.abstain_below, one.candidate.key in example.gold)
        for example in apart
        for one in values_of(fitted, example)
    ]


def main() -> None:
    """Train on each number of receipts, measure on those set apart, print the curve and save it."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.fact_curve",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=Path("../more"))
    parser.add_argument("--apart", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "receipts"
        folder.mkdir()
        fields = overlay(folder)
        labels(options.data / "kie-sroie/sroie.jsonl", folder / "labels.jsonl")
        domain = domains.load("financial")
        documents = read_labels(folder / "labels.jsonl", domain, fields, Findings(), lambda *_: None)
    table = []
    for field in fields.values():
        for size in SIZES:
            rows = [_row(field, documents, size, options.apart, seed) for seed in range(options.seeds)]
            table.append([field.name, size, *np.mean(rows, axis=0).round(3).tolist()])
    report.show(
        f"{len(documents)} receipts, {options.apart} apart of each of {options.seeds} seeds; means",
        HEADINGS,
        table,
    )
    figures = [
        report.figure(
            f"`{row[0]}` after {row[1]} labelled receipts: precision, recall", f"{row[6]:.3f}, {row[7]:.3f}"
        )
        for row in table
    ]
    here = report.commit(Path())
    report.save("fact_curve", figures, {"commit": here, "receipts": len(documents), "curve": table})


def _row(field: FactField, documents: Sequence[Labelled], size: int, apart: int, seed: int) -> list[float]:
    order = list(range(len(documents)))
    random.Random(seed).shuffle(order)
    test = [documents[n] for n in order[:apart]]
    fitted = fit(field, examples_of(field, [documents[n] for n in order[apart : apart + size]]), 0.9)
    examples = examples_of(field, test)
    given = measured(fitted, examples)
    values = sum(len(one.gold) for one in examples)
    sure = [is_right for _, is_sure, is_right in given if is_sure]
    right, every = sum(sure), sum(is_right for *_, is_right in given)
    probability, came = np.array([one[0] for one in given]), np.array([float(one[2]) for one in given])
    return [
        right,
        len(sure) - right,
        len(given) - len(sure),
        values - every,
        right / max(1, len(sure)),
        right / values,
        error(probability, came),
        float(((probability - came) ** 2).mean()) if given else 0.0,
    ]


if __name__ == "__main__":
    main()
