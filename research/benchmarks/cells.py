"""Cells of invoice lines: what the tables of real PDFs give, beside the XML that is embedded in each.

    python -m research.benchmarks.cells --real ../real [--half odd] [--lines] [--save]

The PDFs are those of `--real`/invoice_pdf. Of each line of the XML the quantity, the net price and the amount
are looked for in the row of the table that fits it best, rows and lines in the same order; a printed figure
fits if it is the XML's, rounded to the digits that are printed. What is printed nowhere near the line's
amount cannot be found, and does not count. Then one digit of each amount in a table is changed in the text,
and the signs of fraud are asked, with tables and without.
While the reader of tables was written those PDFs were looked at that have an even place in the list.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lxml import etree

from docassay.domains import RuleInput
from docassay.domains.financial.amounts import wrong_line_amount, wrong_total
from docassay.domains.financial.figures import Figure, notation_of, read_line
from docassay.domains.financial.lines import billed_lines
from docassay.domains.financial.table import read_printed
from docassay.domains.judged import wilson
from docassay.schemas.rows import Source
from docassay.schemas.tables import Table
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.formats.placed_tables import placed_tables
from docassay.transforms.formats.xml import tree
from docassay.transforms.parse import parse
from research.benchmarks import report

ROOT = Path(__file__).resolve().parents[2]
VALUES = ("quantity", "price", "amount")
LEAST = 0.95
NEAR = 3
"""Lines of the text above and below an amount within which what else is printed of its line is looked for."""

_LINE = ("IncludedSupplyChainTradeLineItem", "InvoiceLine", "CreditNoteLine")
_PATHS = {
    "quantity": ("BilledQuantity", "InvoicedQuantity", "CreditedQuantity"),
    "price": ("NetPriceProductTradePrice/ChargeAmount", "Price/PriceAmount"),
    "amount": ("LineTotalAmount", "LineExtensionAmount"),
}

Line = dict[str, Decimal]
Found = dict[str, Decimal | None]


@dataclass(slots=True)
class Invoice:
    """A PDF with the lines that its XML states.

    Attributes:
        place: In the list of all.
    """

    file: str
    place: int
    parsed: Document
    lines: list[Line]
    seconds: float


@dataclass(slots=True)
class Count:
    """What was found of some invoices."""

    lines: int = 0
    stated: Counter[str] = field(default_factory=Counter)
    printed: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


def invoices(folder: Path) -> Iterator[Invoice]:
    """Read the PDFs of a folder, with the lines of their XML; without such, none."""
    for place, path in enumerate(sorted(folder.glob("*.pdf"))):
        began = time.process_time()
        rows = parse(Source(str(path), path.read_bytes()), Limits())
        seconds = time.process_time() - began
        if not isinstance(rows[0], Document):
            continue
        contents = [row.content for row in rows[1:] if isinstance(row, Source) and row.content]
        lines = next(filter(None, map(stated_lines, contents)), [])
        yield Invoice(path.name, place, rows[0], lines, seconds)


def stated_lines(content: bytes) -> list[Line]:
    """Read the lines of an electronic invoice, CII or UBL; none where it is none."""
    try:
        root = tree(content)
    except Unusable:
        return []
    found = []
    for element in root.iter():
        if isinstance(element.tag, str) and etree.QName(element).localname in _LINE:
            line = {name: value for name in VALUES if (value := _value(element, _PATHS[name])) is not None}
            if "amount" in line:
                found.append(line)
    return found


def _value(line: etree._Element, paths: Iterable[str]) -> Decimal | None:
    for path in paths:
        steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
        for element in line.xpath(f".//{steps}"):
            try:
                return Decimal((element.text or "").strip())
            except InvalidOperation:
                continue
    return None


def fits(stated: Decimal, printed: Decimal | None) -> bool:
    """Tell whether a printed figure is a stated one, rounded to the digits that are printed."""
    if printed is None:
        return False
    exponent = printed.as_tuple().exponent
    step = Decimal(1).scaleb(min(int(exponent), 0))
    return stated.quantize(step, ROUND_HALF_UP) == printed


def aligned(lines: Sequence[Line], rows: Sequence[Found]) -> list[Found]:
    """Give for each line the row that it is, or an empty one: the order that makes most values fit."""
    scores = [
        [sum(fits(value, row.get(name)) for name, value in line.items()) for row in rows] for line in lines
    ]
    best = [[0] * (len(rows) + 1) for _ in range(len(lines) + 1)]
    for n in range(len(lines) - 1, -1, -1):
        for m in range(len(rows) - 1, -1, -1):
            best[n][m] = max(best[n + 1][m], best[n][m + 1], best[n + 1][m + 1] + scores[n][m])
    n = m = 0
    chosen: list[Found] = []
    while n < len(lines):
        if m < len(rows) and scores[n][m] and best[n][m] == best[n + 1][m + 1] + scores[n][m]:
            chosen.append(rows[m])
            n, m = n + 1, m + 1
        elif m < len(rows) and best[n][m] == best[n][m + 1]:
            m += 1
        else:
            chosen.append({})
            n += 1
    return chosen


def rows_of_cells(text: str, tables: Sequence[Table]) -> list[Found]:
    """Give what the columns say of each row."""
    return [
        {
            "quantity": line.quantity.value if line.quantity else None,
            "price": line.price.value if line.price else None,
            "amount": line.amount.value,
        }
        for line in billed_lines(text, tables)
    ]


def rows_of_lines(text: str, stated: Sequence[Line]) -> list[Found]:
    """Give what reading line by line says; either of two factors may be the price, since it cannot tell."""
    rows: list[Found] = []
    for item in read_printed(text).items:
        row: Found = {"quantity": None, "price": None, "amount": item.amount.value}
        line = next((line for line in stated if fits(line["amount"], item.amount.value)), {})
        for name in ("quantity", "price"):
            row[name] = next((term for term in item.terms if name in line and fits(line[name], term)), None)
        rows.append(row)
    return rows


def printed_values(text: str, line: Line) -> set[str]:
    """Name the values of a line that are printed: its amount, and others near one of its places."""
    notation, figures, position = notation_of(text), [], 0
    for written in text.split("\n"):
        figures.append(read_line(written, position, notation)[0])
        position += len(written) + 1
    best: set[str] = set()
    for at, row in enumerate(figures):
        for amount in row:
            if fits(line["amount"], amount.value):
                near = [
                    f
                    for other in figures[max(0, at - NEAR) : at + NEAR + 1]
                    for f in other
                    if f is not amount
                ]
                best = max(best, {"amount", *_distinct(line, near)}, key=len)
    return best


def _distinct(line: Line, figures: list[Figure]) -> Iterator[str]:
    """Name the values that have a figure of their own."""
    for name in ("price", "quantity"):
        figure = next((f for f in figures if name in line and fits(line[name], f.value)), None)
        if figure:
            figures.remove(figure)
            yield name


def count(chosen: Iterable[Invoice], by_cells: bool) -> Count:
    """Count what is found of the lines of some invoices."""
    total = Count()
    for invoice in chosen:
        text = invoice.parsed.text
        rows = rows_of_cells(text, invoice.parsed.tables) if by_cells else rows_of_lines(text, invoice.lines)
        for line, row in zip(invoice.lines, aligned(invoice.lines, rows), strict=True):
            printed = printed_values(text, line)
            found = {name for name in printed if fits(line[name], row.get(name))}
            total.lines += 1
            total.stated.update(line.keys())
            total.printed.update(printed)
            total.found.update(found)
            if len(printed) == len(VALUES):
                total.printed["all three"] += 1
                total.found["all three"] += len(found) == len(VALUES)
    return total


def altered(invoice: Invoice) -> Iterator[str]:
    """Change one digit of each amount in a table: give the texts."""
    text = invoice.parsed.text
    for line in billed_lines(text, invoice.parsed.tables):
        start, end = line.amount.start, line.amount.end
        if digit := re.search(r"[1-8]", text[start:end]):
            at = start + digit.start()
            yield text[:at] + str(int(text[at]) + 1) + text[at + 1 :]


def flagged(text: str, tables: tuple[Table, ...]) -> bool:
    """Tell whether a line or a total is said to be wrong."""
    view = RuleInput(text, "invoice", tables=tables)
    return any(wrong_line_amount(view)) or any(wrong_total(view))


def _share(part: int, whole: int) -> str:
    if not whole:
        return "none"
    low, high = wilson(part, whole)
    return f"{part:,} of {whole:,} ({part / whole:.3f}, {low:.3f} to {high:.3f})"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.cells",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--real", type=Path, default=ROOT.parent / "real")
    parser.add_argument("--half", choices=["even", "odd"], help="only these of the list; all without")
    parser.add_argument("--lines", action="store_true", help="print each line that is not found")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    found = list(invoices(options.real / "invoice_pdf"))
    halves = [options.half] if options.half else ["even", "odd"]
    figures, details = [], {}
    for half in halves:
        chosen = [one for one in found if one.place % 2 == (half == "odd")]
        with_lines = [one for one in chosen if one.lines]
        cells, lines = count(with_lines, by_cells=True), count(with_lines, by_cells=False)
        if options.lines:
            _print_missed(with_lines)
        for name in (*VALUES, "all three"):
            target = f">= {LEAST}" if name in VALUES and half == "odd" else ""
            figures.append(
                report.figure(
                    f"{half} half: {name} in the right row, by cells",
                    _share(cells.found[name], cells.printed[name]),
                    target,
                )
            )
            figures.append(
                report.figure(
                    f"{half} half: {name}, line by line", _share(lines.found[name], lines.printed[name])
                )
            )
        texts = [(one, text) for one in chosen for text in altered(one)]
        caught = [
            sum(flagged(text, tables) for one, text in texts for tables in [kept(one)])
            for kept in (_none, _own)
        ]
        for how, number in zip(("line by line", "by cells"), caught, strict=True):
            what = f"{half} half: a changed digit of a line's amount is flagged, {how}"
            figures.append(report.figure(what, _share(number, len(texts))))
        false = [sum(flagged(one.parsed.text, kept(one)) for one in chosen) for kept in (_none, _own)]
        for how, number in zip(("line by line", "by cells"), false, strict=True):
            figures.append(
                report.figure(f"{half} half: unchanged, flagged, {how}", f"{number} of {len(chosen)}")
            )
        details[half] = _details(chosen, cells)
    report.show(
        "Cells", ["figure", "value", "target"], [[f["what"], f["value"], f["target"]] for f in figures]
    )
    print(details)
    if options.save:
        report.save("cells", figures, details)


def _none(invoice: Invoice) -> tuple[Table, ...]:
    return ()


def _own(invoice: Invoice) -> tuple[Table, ...]:
    return invoice.parsed.tables


def _details(chosen: Sequence[Invoice], counted: Count) -> dict[str, Any]:
    began = time.process_time()
    for invoice in chosen:
        if invoice.parsed.pages:
            list(placed_tables(invoice.parsed.text, invoice.parsed.pages))
    seconds = time.process_time() - began
    return {
        "documents": len(chosen),
        "with lines": sum(bool(one.lines) for one in chosen),
        "lines": counted.lines,
        "stated": dict(counted.stated),
        "printed": dict(counted.printed),
        "milliseconds a document": round(1_000 * sum(one.seconds for one in chosen) / len(chosen), 2),
        "of that for tables": round(1_000 * seconds / len(chosen), 2),
    }


def _print_missed(chosen: Sequence[Invoice]) -> None:
    for invoice in chosen:
        text = invoice.parsed.text
        rows = aligned(invoice.lines, rows_of_cells(text, invoice.parsed.tables))
        for line, row in zip(invoice.lines, rows, strict=True):
            missed = {n for n in printed_values(text, line) if not fits(line[n], row.get(n))}
            if missed:
                shown = {n: str(v) for n, v in row.items()}
                print(f"{invoice.file}: {sorted(missed)} of {[f'{n} {v}' for n, v in line.items()]}: {shown}")


if __name__ == "__main__":
    main()
