"""Measure facts of invoices and orders: read in the print alone, against what is known of them.

    python -m research.benchmarks.facts.invoices [--invoices FOLDER ...] [--orders FILE] [--seen]
    python -m research.benchmarks.facts.invoices --judged FOLDER

`--invoices`: PDFs that embed an electronic invoice, whose values are the truth (`real/invoice_pdf`,
`more/kie-einvoices`). `--orders`: ``fcc_adbuy.jsonl``, orders and invoices of broadcasters with their gross.
Sellers and orders are parted by the digest of their name: the even half was seen while the readers were
written, and figures are those of the odd half; with `--seen` those of the even one.
`--judged`: the PDFs that ``research/judged/invoices.tsv`` lists, by which readers were written.
A field that the XML does not state is silent where nothing is sure. A date that stands anywhere in the XML is
left out then, since many say in words when to pay. Lines and rates are measured where the XML has any.
A value of the XML that stands nowhere in the print is left out, of a line or a rate, too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path

from docassay.domains import load
from docassay.domains.financial.party_lines import bare_name
from docassay.domains.financial.printed import is_date_printed, printed_amount, printed_identifier
from docassay.domains.values import DECIMALS
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Reject, Source
from docassay.transforms import stages
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from docassay.transforms.extract import extract
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from research.benchmarks import report
from research.benchmarks.facts.clinical import Score
from research.benchmarks.facts.score import ratio, save_trust, trust, trusted

HEADINGS = ["field", "values", "precision", "recall", "absent right", "calibration", "taken at 1 % errors"]
LINES = ("line_quantity", "line_unit_price", "line_amount")
RATES = ("tax_rate", "tax_base", "tax_amount")
IN_GROUPS = frozenset((*LINES, *RATES, "line_text"))
_READ = frozenset(["le fournisseur"])
"""Sellers that were set apart, and then read: one layout, whose number was found in none of 24."""

_HONORIFIC = re.compile(r"(?i)^(?:herrn?|frau) ")
_KINDS = ("invoice", "credit_note")
JUDGED = Path(__file__).parents[2] / "judged" / "invoices.tsv"


def is_seen(name: str) -> bool:
    """Tell whether what has this name was seen while the readers were written."""
    return name.lower() in _READ or hashlib.sha256(name.lower().encode()).digest()[0] % 2 == 0


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


def compared(fact: Fact) -> str:
    """Give a value as it is compared: a name without its legal form, which the print may leave out."""
    return (bare_name(fact.value, (0, len(fact.value))) if fact.type == "name" else "") or form(fact)


def is_printed(text: str, fact: Fact) -> bool:
    """Tell whether the print has a value in any notation: the XML may be that of another print."""
    if fact.type == "amount" and fact.normalised:
        return printed_amount(text, abs(Decimal(fact.normalised))) is not None
    if fact.type == "date" and len(fact.normalised or "") == len("2024-01-31"):
        return is_date_printed(text, date.fromisoformat(str(fact.normalised)))
    if fact.type in ("name", "identifier", "account"):
        return printed_identifier(text, compared(fact)) is not None
    return True


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

    >>> [sorted(one) for one in matched([("1", "5", "5"), ("2", "4", "8")], [("2", "", "8")])]
    [['1 5 5 +0', '2  8 #0'], ['2  8 #0']]
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
            known = [one for one in stated if one.name == field.name]
            there = {compared(one) for one in known if is_printed(document.text, one)}
            if known and not there:
                continue
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
            values = {compared(one) for one in found} - ({"0"} if field.name == "prepaid" else set())
            scores[field.name].add(name, values, there)
            if there:
                scores[field.name].given += [(not one.abstained, compared(one) in there) for one in found]
        shown = [one for one in stated if is_printed(document.text, one)]
        for whole, names in (("lines", LINES), ("rates", RATES)):
            if lines := [line for line in grouped(shown, names) if any(line)]:
                scores[whole].add(name, *matched(grouped(printed, names), lines))
    return scores


def measure_judged(folder: Path) -> dict[str, Score]:
    """Compare what print states with what a language model read in it, where it did."""
    lines = JUDGED.read_text().splitlines()[1:]
    names = lines[0].split("\t")[4:]
    known = {cells[3]: cells[4:] for cells in (line.split("\t") for line in lines[1:])}
    scores: defaultdict[str, Score] = defaultdict(Score)
    for path in sorted(folder.rglob("*.pdf")):
        values = known.get(hashlib.sha256(path.read_bytes()).hexdigest())
        for document, _ in islice(documents([path]), 1) if values else ():
            printed = extract(replace(document, embedded_values=())).facts
            for name, value in zip(names, values or (), strict=True):
                if value == "-":
                    continue
                facts = [one for one in printed if one.name == name]
                there = {_judged(facts[0], one) if facts else one for one in filter(None, value.split(";"))}
                found = {compared(one) for one in facts if there or not one.abstained}
                # A seller may be written in several ways, of which one is right.
                there = (there & found or set(sorted(there)[:1])) if len(there) > 1 else there
                scores[name].add(path.name, found, there)
    return scores


def _judged(like: Fact, value: str) -> str:
    """Give a judged value in the form in which one that was read is compared."""
    return compared(replace(like, value=value, normalised=None if like.type == "name" else value))


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
        known = f"{Decimal(written).normalize():f}"
        score.add(row["id"], {form(one) for one in facts[:1]}, {known})
        score.given += [(not one.abstained, form(one) == known) for one in facts[:1]]
    return {"gross of orders": score}


def main() -> None:
    """Print a row for each field."""
    parser = argparse.ArgumentParser(prog="python -m research.benchmarks.facts.invoices", description=__doc__)
    parser.add_argument("--invoices", type=Path, nargs="+", default=[])
    parser.add_argument("--orders", type=Path)
    parser.add_argument("--judged", type=Path, help="a folder of PDFs that are judged; nothing else then")
    parser.add_argument("--seen", action="store_true", help="the half that was seen")
    parser.add_argument("--wrong", default="", help="a field whose wrong values are listed")
    parser.add_argument("--save", action="store_true", help="keep what docs/facts-invoices.md shows")
    options = parser.parse_args()
    if options.judged:
        judged = measure_judged(options.judged)
        report.show("judged", HEADINGS[:5], [row_of(name, score) for name, score in judged.items()])
        print("\n".join(judged[options.wrong].wrong if options.wrong else []))
        return
    parts = {
        seen: {
            **(measure_invoices(options.invoices, seen) if options.invoices else {}),
            **(measure_orders(options.orders, seen) if options.orders else {}),
        }
        for seen in (False, True)
    }
    scores, tuned = parts[options.seen], parts[True]
    table = [
        [*row_of(name, score), *trusted(trust(score.given, tuned[name].given if name in tuned else []))]
        for name, score in scores.items()
    ]
    report.show("seen" if options.seen else "apart", HEADINGS, table)
    if not options.seen and options.save:
        report.save("facts_invoices", [], {"headings": HEADINGS, "rows": table}, "facts.invoices")
        save_trust("financial", {name: score.given for name, score in scores.items() if score.given})
    print("\n".join(scores[options.wrong].wrong if options.wrong else []))


def row_of(name: str, score: Score) -> list[str]:
    """Write the counts of a field as cells under `HEADINGS`."""
    return [
        f"`{name}`",
        str(score.there),
        ratio(score.right, score.found),
        ratio(score.right, score.there),
        f"{ratio(score.silent, score.absent)} of {score.absent}" if score.absent else "",
    ]


if __name__ == "__main__":
    main()
