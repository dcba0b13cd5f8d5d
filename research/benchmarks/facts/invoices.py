"""Measure facts of invoices and orders: read in the print alone, against what is known of them.

    python -m research.benchmarks.facts.invoices [--invoices FOLDER ...] [--orders FILE] [--seen]

`--invoices`: PDFs that embed an electronic invoice, whose values are the truth (`real/invoice_pdf`,
`more/kie-einvoices`). `--orders`: ``fcc_adbuy.jsonl``, orders and invoices of broadcasters with their gross.
Sellers and orders are parted by the digest of their name: the even half was seen while the readers were
written, and figures are those of the odd half; with `--seen` those of the even one.
A field that the XML does not state is silent where nothing is sure. A date that stands anywhere in the XML is
left out then, since many say in words when to pay. Lines and rates are measured where the XML has any.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from docassay.domains import load
from docassay.domains.values import DECIMALS
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Reject, Source
from docassay.transforms import stages
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from research.benchmarks.facts.clinical import Score

LINES = ("line_quantity", "line_unit_price", "line_amount")
RATES = ("tax_rate", "tax_base", "tax_amount")
IN_GROUPS = frozenset((*LINES, *RATES, "line_text"))
_HONORIFIC = re.compile(r"(?i)^(?:herrn?|frau) ")
_KINDS = ("invoice", "credit_note")


def is_seen(name: str) -> bool:
    """Tell whether what has this name was seen while the readers were written."""
    return hashlib.sha256(name.lower().encode()).digest()[0] % 2 == 0


def documents(paths: Sequence[Path]) -> Iterator[tuple[Document, str]]:
    """Read files up to the stage of facts; give each document with the text of the XML embedded in it."""
    context = Context(Options())
    steps = [stage for stage in stages.STAGES if stage.name in ("see", "detect", "split")]
    for path in paths:
        read = list(parse(Source(str(path), path.read_bytes()), Limits()))
        xml = " ".join(str(one.content) for one in read if isinstance(one, Source))
        found = [one for one in read if isinstance(one, Document)]
        for stage in steps:
            found = [one for one in stage.run_mixed(found, context) if not isinstance(one, Reject)]
        yield from ((one, xml) for one in found)


def form(fact: Fact) -> str:
    """Give a value in a form in which notations, signs and blanks do not count."""
    value = _HONORIFIC.sub("", fact.normalised or fact.value)
    if fact.type in DECIMALS and fact.normalised:
        return f"{abs(Decimal(fact.normalised)).normalize():f}"
    return "".join(char for char in value.casefold() if char.isalnum())


def grouped(facts: Sequence[Fact], names: Sequence[str]) -> list[tuple[str, ...]]:
    """Give each line, or rate, as the values of some fields; ``""`` stands for one that it has not."""
    parts: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for fact in facts:
        if fact.name in names and fact.group_id is not None:
            parts[fact.group_id][fact.name] = form(fact)
    return [tuple(group.get(name, "") for name in names) for group in parts.values()]


def matched(
    printed: Sequence[tuple[str, ...]], stated: Sequence[tuple[str, ...]]
) -> tuple[set[str], set[str]]:
    """Name lines, or rates, so that one of the print has the name of that in the data which it agrees with.

    What the data do not state of a line counts for nothing.

    >>> matched([("1", "5", "5"), ("2", "4", "8")], [("2", "", "8")])
    ({'2  8 #0', '1 5 5 +0'}, {'2  8 #0'})
    """
    there = {" ".join(line) + f" #{at}": line for at, line in enumerate(stated)}
    left, found = dict(there), set()
    for at, line in enumerate(printed):
        agreeing = (
            name
            for name, known in left.items()
            if all(one == other for one, other in zip(line, known, strict=True) if other)
        )
        if name := next(agreeing, None):
            del left[name]
        found.add(name or " ".join(line) + f" +{at}")
    return found, set(there)


def measure_invoices(folders: Sequence[Path], seen: bool) -> dict[str, Score]:
    """Compare what the print states with the XML, a field at a time."""
    fields = [field for field in load("financial").facts if set(_KINDS) & field.kinds]
    scores: defaultdict[str, Score] = defaultdict(Score)
    paths = sorted(path for folder in folders for path in folder.rglob("*.pdf"))
    for document, xml in documents(paths):
        seller = next((value for name, value in document.embedded_values if name == "seller"), "")
        if not document.embedded_values or is_seen(seller) != seen:
            continue
        name = Path(document.uri).name
        stated = [one for one in extract(document).facts if one.source == "stated"]
        printed = extract(replace(document, embedded_values=())).facts
        for field in fields:
            there = {form(one) for one in stated if one.name == field.name}
            if field.name == "prepaid":
                there -= {"0"}
            if field.name in IN_GROUPS and not there:
                continue  # a profile without lines, or without prices
            found = [one for one in printed if one.name == field.name and (there or not one.abstained)]
            if field.type == "date" and not there:
                found = [
                    one
                    for one in found
                    if str(one.normalised).replace("-", "") not in xml.replace("-", "")
                    and one.value not in xml
                ]
            values = {form(one) for one in found} - ({"0"} if field.name == "prepaid" else set())
            scores[field.name].add(name, values, there)
        for whole, names in (("lines", LINES), ("rates", RATES)):
            if known := [line for line in grouped(stated, names) if any(line)]:
                scores[whole].add(name, *matched(grouped(printed, names), known))
    return scores


def measure_orders(file: Path, seen: bool) -> dict[str, Score]:
    """Compare the gross of orders and invoices of broadcasters with what people keyed."""
    score = Score()
    context = Context(Options())
    steps = [stage for stage in stages.STAGES if stage.name in ("see", "detect", "split")]
    for line in file.read_text().split("\n"):
        row = json.loads(line) if line else {}
        written = "".join(
            char for char in row.get("key", {}).get("gross_amount") or "" if char in "0123456789."
        )
        if not written or is_seen(row["id"]) != seen:
            continue
        found = [
            one
            for one in parse(Source(f"{row['id']}.txt", row["text"].encode()), Limits())
            if isinstance(one, Document)
        ]
        for stage in steps:
            found = [one for one in stage.run_mixed(found, context) if not isinstance(one, Reject)]
        facts = [one for document in found for one in extract(document).facts if one.name == "gross"]
        score.add(row["id"], {form(one) for one in facts[:1]}, {f"{Decimal(written).normalize():f}"})
    return {"gross": score}


def main() -> None:
    """Print a row for each field."""
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks.facts.invoices", description=__doc__)
    parser.add_argument("--invoices", type=Path, nargs="+", default=[])
    parser.add_argument("--orders", type=Path)
    parser.add_argument("--seen", action="store_true", help="the half that was seen")
    parser.add_argument("--wrong", default="", help="a field whose wrong values are listed")
    options = parser.parse_args()
    scores = measure_invoices(options.invoices, options.seen) if options.invoices else {}
    if options.orders:
        scores |= {
            f"{name} of orders": score for name, score in measure_orders(options.orders, options.seen).items()
        }
    print(
        "| field | values | precision | recall | F1 | absent right |\n| --- | --- | --- | --- | --- | --- |"
    )
    for name, score in scores.items():
        print(score.row(name))
    print("\n".join(scores[options.wrong].wrong if options.wrong else []))


if __name__ == "__main__":
    main()
