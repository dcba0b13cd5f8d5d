"""Find number and date of an invoice where `particulars` does not: by further labels, its title, in columns.

The labels are those of `labels.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from docassay.domains import RuleInput, Span
from docassay.domains.entries import read_toml
from docassay.domains.facts import Found
from docassay.domains.financial import facts, particulars
from docassay.domains.financial.arranged import in_columns, in_rows
from docassay.domains.financial.titles import NAMES_BILL, head_of, printed_part
from docassay.domains.outline import lines_of
from docassay.domains.values import Habits, dates
from docassay.languages import months

LABELS: dict[str, list[str]] = read_toml(Path(__file__).with_name("labels.toml"))
_MOST = 20
_DAY = len("2024-01-31")


def words_of(name: str) -> str:
    """Write the labels of a list as an expression, the longest first."""
    return "|".join(re.escape(word) for word in sorted(LABELS[name], key=len, reverse=True))


_MONTH = "|".join(sorted(months(), key=len, reverse=True))
_DATE = (
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th|º)?[./ -]{{1,2}}(?:de )?(?:\d{{1,2}}|{_MONTH})\.?,?[./ -]{{1,2}}(?:de )?"
    r"(?:20|19)?\d{2}|(?:20|19)\d{2}[-./]\d{1,2}[-./]\d{1,2}|(?:20|19)\d{6}"
    rf"|(?:{_MONTH})\.? \d{{1,2}},? (?:20|19)\d{{2}})"
)
_GAP = r"[ \t.:|*#]{0,40}(?:\n[ \t|]{0,20})?"
_NUMBER = r"(?:[A-Z]{1,6} )?[\w./-]{0,25}\d[\w./-]{0,25}"
_LABELLED_NUMBER = re.compile(
    rf"(?i)(?:^|[\W\d_])(?:{words_of('invoice_number')}){_GAP}(?P<value>{_NUMBER})(?:[\s,;|)]|$)"
)
_BARE_NUMBER = re.compile(
    r"(?im)^[ \t]*(?:[^\n:/]{2,20} / )?"
    r"(?:n[°ºo.]{1,2}|nr\.?|(?:serial )?no\b\.?|num(?:ber|mer|éro|ero)?\.?|#|r[eé]f(?:\.|[eé]renc(?:e|ia)))"
    r"[ \t]*:?[ \t.#]{0,5}(?P<value>[\w./-]{0,40}\d[\w./-]{0,40})[ \t]*(?:$|(?=[\d ]*$))"
)
_LABELLED_DATE = re.compile(
    rf"(?i)(?:^|[\W\d_])(?:{words_of('issue_date')}|date \([DMYJA./-]{{6,10}}\)){_GAP}"
    rf"(?P<value>{_DATE})(?:[^\d]|$)"
)
_BARE_DATE = re.compile(rf"(?im)^[ \t]*(?P<value>{_DATE})[ \t]*$")
_VISITED = re.compile(r"(?i)\b(?:visit(?:s|ed)?|serviced?|performed|completed|travel)\b[^\n\d]*\n[ \t]*$")
"""The line above a date, which is that of the work then."""

_PAID_UNDER = re.compile(
    r"(?i)\b(?:verwendungszweck|zahlungsreferenz|payment reference|communication for your payment"
    rf"|référence de paiement){_GAP}(?P<value>{_NUMBER})(?:[\s,;|)]|$)"
)
"""What is to be written on the transfer, which mostly is the number of the invoice."""

_UNDER_TITLE = re.compile(
    r"(?im)^[ \t]*(?:tax invoice|invoice|rechnung|facture|factura|fattura|factuur)[ \t:]*\n[ \t]*(?:#?"
    r"(?P<value>(?=[\w./-]{0,25}\d\d)(?=[\w./-]{0,25}[A-Z])[\w./-]{4,40}|\d{5,12})[ \t]*$"
    r"|#[ \t]?(?P<marked>[\w./-]{0,25}\d[\w./-]{0,25}))"
    r"|(?:^|[ \t])#(?P<inline>(?-i:INV|FAC|FACT|RE|RG|CN|SI)[/_-]?[\w./-]{0,25}\d[\w./-]{0,25})"
)
"""A number alone, or behind a #, on the line below the title; or one behind a # that says what it is."""

_CODED = re.compile(
    r"(?:^|[\s#|:])(?P<value>(?:INV|FACT?|RE|RG|CN|SI)[-_/ ]?"
    r"(?:(?:19|20)\d\d[-_/])?\d{2,10}(?:[-_/]\d{1,6})?)(?!\S)"
)
"""A number that says by its first letters that it is that of an invoice."""

_TITLE = re.compile(
    r"(?im)^\W*(?:[^\W\d_]{0,30}rechnung|gutschrift|(?:tax )?invoice|credit note|facture|avoir"
    r"|factura|fattura|fatura|factuur|faktura|bill of supply)\b"
)
_HABITS = Habits("", "")


def number(view: RuleInput) -> Iterator[Found]:
    """Find the number behind a label of `labels.toml`, else behind a bare No. below or above the title."""
    text = printed_part(view)
    found = [match.span("value") for match in islice(_LABELLED_NUMBER.finditer(text), _MOST)]
    head = head_of(view)
    if not found:
        bare = chain(_BARE_NUMBER.finditer(head if _TITLE.search(head) else ""), _UNDER_TITLE.finditer(text))
        spans = (match.span(match.lastgroup or 0) for match in islice(bare, _MOST))
        found = [one for one in spans if not particulars.TAX_NUMBER.fullmatch(text[slice(*one)])][:1]
    for start, end in found:
        if text[:start].endswith("#") or not next(dates(text[start:end], _HABITS), None):
            yield Found(start, end)


def number_without_label(view: RuleInput) -> Iterator[Found]:
    """Find a bare No. in a head that names a bill, or what begins as numbers of invoices do: a hint."""
    head = head_of(view)
    bare = chain(_BARE_NUMBER.finditer(head), _CODED.finditer(head)) if NAMES_BILL.search(head) else ()
    for match in islice(bare, 1):
        yield Found(*match.span("value"), sure=False)


def number_of_transfer(view: RuleInput) -> Iterator[Found]:
    """Find what is to be written on the transfer: a hint at the number."""
    text = printed_part(view)
    for match in islice(_PAID_UNDER.finditer(text), 1):
        yield Found(*match.span("value"), sure=False)


def issue_date(view: RuleInput) -> Iterator[Found]:
    """Find the date behind a label of `labels.toml`, else alone on a line of the head: of several, a hint."""
    text = printed_part(view)
    found = [match.span("value") for match in islice(_LABELLED_DATE.finditer(text), 1)]
    if not found:
        head = head_of(view)
        bare = (match for match in _BARE_DATE.finditer(head) if not _VISITED.search(head[: match.start()]))
        found = [match.span("value") for match in islice(bare, _MOST)]
    yield from (Found(*span) for span in found)


def only_date(view: RuleInput) -> Iterator[Found]:
    """Find the one date of the head of which nothing says that it is another's: a hint."""
    text = head_of(view)
    found: dict[str, Span] = {}
    for start, line in lines_of(text):
        for one in dates(line, _HABITS):
            if (
                one.normalised
                and len(one.normalised) == _DAY
                and not particulars.of_other_day(line[: one.start])
            ):
                found.setdefault(one.normalised, (start + one.start, start + one.end))
    if len(found) == 1:
        ((start, end),) = found.values()
        yield Found(start, end, sure=False)


number_in_rows = in_rows(facts.number)
issue_date_in_rows = in_rows(facts.issue_date, parted=True)
number_in_columns = in_columns(facts.number)
further_number_in_rows, further_number_in_columns = in_rows(number), in_columns(number)
number_without_label_in_rows = in_rows(number_without_label)
further_date_in_rows = in_rows(issue_date)
issue_date_in_columns = in_columns(facts.issue_date, parted=True)
only_date_in_rows = in_rows(only_date)
