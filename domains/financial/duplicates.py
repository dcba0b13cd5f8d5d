"""Lines of an invoice that bill the same thing for the same amount twice."""

from __future__ import annotations

from collections.abc import Iterable

from docassay.domains import RuleInput, Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.patterns import compiled

_READ = 2_000
_NO_WORDS = compiled(r"\d[.,]\d\d(?:\D|$)|^[^\pL]*$")
_NOT_NAMING = compiled(
    r"(?i)\b(?:pcs|Stk|Stück|Std|kg|kWh|Einh|unités?|pièces?|VAT|USt|MwSt|TVA|S|E|Bruttopreis|Nettopreis)\b|[^\pL]"
)


def duplicate_invoice_line(view: RuleInput) -> Iterable[Span]:
    """Find lines that bill the same thing for the same amount again, below one heading and above one total.

    What stands below a total is a copy of the invoice on the same sheet.
    """
    invoice = read_invoice(view.text, view.tables)
    ends = [total.amount.start for total in invoice.of("gross", "due")]
    seen: set[tuple[object, ...]] = set()
    for item in invoice.items:
        words = f"{item.label} {item.terms if invoice.named else view.text[slice(*item.line)]}"
        key = (*words.lower().split(), item.amount.value, sum(end < item.amount.start for end in ends))
        heading, remark = ("", "") if invoice.named else _words_around(view.text, item.line)
        keys = {(key, heading, True), (key, remark or heading, not remark)}
        if item.amount.value > 0 and len(_NOT_NAMING.sub("", item.label)) >= 4 and keys & seen:
            yield item.line
        seen |= keys


def _words_around(text: str, line: Span) -> tuple[str, str]:
    """Give the nearest words above a line that are none of the table's, and those right below, if any are."""
    lines = reversed(text[max(0, line[0] - _READ) : line[0]].splitlines())
    above = (said for said in lines if not _NO_WORDS.search(said))
    below = text[line[1] : line[1] + _READ].lstrip("\n").partition("\n")[0]
    return next(above, "").strip(), "" if _NO_WORDS.search(below) else below.strip()
