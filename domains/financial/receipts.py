"""Read what a receipt states: when, and for how much.

In the text of a scan the words and the amounts of a row often stand on lines of their own, first all words,
then all amounts; they are put together again in their order. What was given less the change is the total.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice, pairwise

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.financial.figures import Notation, decimal, notation_of, plain_decimal
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain
from docassay.domains.values import Habits, read

_READ = 20_000
"""Characters of a receipt that are read; a longer text is no receipt."""

_MOST_LINES = 600
_LONGEST = 160
_MOST_AMOUNTS = 300
_MOST_WORDS = 40
_LEAST, _SURE = 2, 4
"""Weights from which on an amount is the total, and is surely."""

_ROUNDED = Decimal("0.05")
"""The least coin."""

_SUMMARY = compiled(r"(?i)\b(?:gst|tax|sst|vat|mwst|tva)\b.{0,12}\b(?:summary|analysis|details?|breakdown)\b")

AMOUNT = re.compile(
    r"(?<![\d.,/:-])-?(?:\d{1,3}(?:[,.' ]\d{3}){1,3}|\d{1,7})[.,] ?\d\d(?![\d/:%]|[.,]\d)-?"
    r"|(?<![\d.,])\d{1,6}[.,]-"
)
_SIGN = re.compile(r"\b(?:RM|MYR|USD|EUR|GBP|CHF|SGD)\b|S\$|[€$£¥]")
_SIGN_ALONE = re.compile(r"[\W\d_]*(?:(?:RM|MYR|USD|EUR|GBP|CHF|SGD)[\W\d_]*)?")
_AMOUNT_ALONE = re.compile(
    r"(?i)[\s:=*(]*(?:RM|MYR|USD|EUR|GBP|CHF|SGD|S\$|[€$£¥])?[\s:.]*(?P<amount>-?[\d.,' ]{1,16}-?)"
    r"[\s)]*(?:RM|EUR|CHF|USD|[€$£]|[A-Z]{1,3}\*?)?[\s*)]*"
)
_COUNT = re.compile(r"[\s:=]*\d{1,4}(?:[.,]0+)?\s*")
_NOT_TOTAL = compiled(
    r"(?i)\b(?:qty|quantity|item(?:s|\(s\))?(?: count)?|count|pcs|saving\w*|save[ds]?|discount\w*|disc"
    r"|points?|stamps?|change"
    r"|cash(?:back)?|tender\w*|paid|payment|visa|master(?:card)?|card|amex|deposit|rounding(?: adj\w*)?"
    r"|round(?:ing)? adj\w*|balance b/f"
    r"|rabatt|gespart|rückgeld|gegeben|bar|karte|anzahl|stück|artikel|rendu|espèces|remise|articles?"
    r"|excl\w*\.?|exclud\w*|before|w/o|without|ohne|netto|HT|tax(?:able)?|gst|sst|vat|mwst|ust|tva|service"
    r"|svc)\b"
)
_INCLUSIVE = compiled(
    r"(?i)\b(?:incl?\w*\.?|inclusive|includ\w*|with|inkl\w*\.?|mit|TTC|after|payable|due|to pay)\b"
)
_STRONG = compiled(
    r"(?i)\b(?:grand|nett?|final|round(?:ed)?|bill|invoice) ?-?(?:total|amount|amt)\b"
    r"|\btotal\b.{0,24}\b(?:payable|due|rounded|to (?:be )?pa(?:y|id)|after)\b"
    r"|\b(?:amount|amt) ?(?:due|payable|to (?:be )?pa(?:y|id))\b|\bbalance due\b|\b(?:total|amt"
    r"|amount) ?\(?(?:after )?round\w*"
    r"|\b(?:zu zahlen|gesamtbetrag|gesamtsumme|endbetrag|zahlbetrag|rechnungsbetrag|net à payer|(?:total"
    r"|montant) (?:à payer|TTC)|à payer)\b"
)
_TOTAL = compiled(
    r"(?i)\b(?:t[o0]tal|summe|gesamt|betrag|montant|amount|amt|due)\b|\btotal(?:rm|amt|amount|sales)"
)
_SUB = compiled(r"(?i)\bsub[ -]?-?t[o0]tal|\bzwischensumme|\bsous[ -]total|\btotal (?:sales|ht)\b|\bsubtotal")
_GIVEN = compiled(
    r"(?i)\b(?:cash|tender\w*|paid|payment|received|visa|master(?:card)?|bar|gegeben|espèces|carte|karte)\b"
)
_CHANGE = compiled(r"(?i)\b(?:change|rückgeld|rendu|wechselgeld|monnaie)\b")
_HEADING = compiled(r"(?i)\W*(?:amount|amt|betrag|montant)\W*(?:rm|eur|usd|gbp|chf|[€$£])?\W*")
_OF_TAX = compiled(r"(?i)\b(?:gst|tax|sst|vat|mwst|ust|tva)\b")

_DAY = (
    r"(?:\d{1,2}(?: ?[.] ?\d{1,2} ?[.]| ?/ ?\d{1,2} ?/|-\d{1,2}-) ?(?:20\d\d|\d\d)|20\d{6}(?= |$)"
    r"|20\d\d[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}[ .-]{0,2}(?:[A-Za-zäéû]{3,9})[ .,-]{0,3}(?:20\d\d|\d\d)|[A-Za-z]{3,9}\.? \d{1,2}, ?20\d\d)"
)
DATE = re.compile(rf"(?<![\d./-]){_DAY}(?![\d-]|/\d|\.\d)")
_DATE_LABEL = compiled(r"(?i)\b(?:date|datum|dt|tarikh|le)\b")
_OTHER_DAY = compiled(
    r"(?i)\b(?:due|expir\w*|valid\w*|until|born|birth|return|before|from|bis|gültig|start\w*|end\w*"
    r"|promotion|delivery)\b"
)
_DAY_FIRST = compiled(
    r"\bRM\b|(?i:\bsdn\W{0,3}b[hn]d\b|\bringgit\b|\bkuala lumpur\b|\bjohor\b|\bselangor\b|[£€]|\bS\$"
    r"|\bGBP\b|\bEUR\b)"
)
LETTERS = compiled(r"\pL{2,}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a receipt, without spaces around it."""

    start: int
    text: str

    @property
    def span(self) -> Span:
        """Give where it stands."""
        return self.start, self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount, where it stands and what it is called.

    Attributes:
        in_summary: It stands below the heading of the tax.
    """

    value: Decimal
    span: Span
    label: str
    in_summary: bool


@lru_cache(maxsize=2)
def lines_of(text: str) -> tuple[Line, ...]:
    """List the lines of a receipt that have anything."""
    lines = []
    position = 0
    for raw in text[:_READ].split("\n"):
        bare = raw.strip(" \t\r|*")
        if bare:
            lines.append(Line(position + raw.find(bare), bare[:_LONGEST]))
            if len(lines) == _MOST_LINES:
                break
        position += len(raw) + 1
    return tuple(lines)


@lru_cache(maxsize=2)
def _amounts(text: str) -> tuple[Amount, ...]:
    """List the amounts with what they are called: words before them, or the lines above in their order."""
    notation = notation_of(text[:_READ])
    amounts: list[Amount] = []
    words: list[str] = []
    alone: list[tuple[Line, re.Match[str] | None]] = []
    in_summary = False
    for line in (*lines_of(text), Line(0, "")):
        matches = list(islice(AMOUNT.finditer(line.text), 8))
        if _AMOUNT_ALONE.fullmatch(line.text) and (matches or _COUNT.fullmatch(line.text)):
            alone.append((line, matches[-1] if matches else None))
            continue
        labels = ["", *words[-len(alone) :]] if alone else []
        for place, (at, match) in enumerate(alone, len(labels) - len(alone)):
            label = labels[place] if place > 0 else ""
            if match:
                amounts.append(_amount(match, at, label, in_summary, notation))
        words = [] if alone else words
        alone = []
        in_summary = in_summary or bool(_SUMMARY.search(line.text))
        if not matches and not _SIGN_ALONE.fullmatch(line.text):
            words = [*words, line.text][-_MOST_WORDS:]
        if not matches:
            continue
        label = line.text[: matches[0].start()]
        words, label = [], label if LETTERS.search(_SIGN.sub("", label)) else (words or [""])[-1]
        amounts += [_amount(match, line, label, in_summary, notation) for match in matches]
        if len(amounts) > _MOST_AMOUNTS:
            break
    return tuple(amounts)


def _amount(match: re.Match[str], line: Line, label: str, in_summary: bool, notation: Notation) -> Amount:
    written = match[0].strip("-").replace(" ", "").rstrip(".,")
    value, _ = decimal(written, notation.decimal_mark)
    negative = match[0].startswith("-") or match[0].endswith("-")
    return Amount(
        -value if negative else value,
        (line.start + match.start(), line.start + match.end()),
        label,
        in_summary,
    )


def total(view: RuleInput) -> Iterator[Found]:
    """Find what is to be paid: by its name, what was given less the change, and how often it is there."""
    text = plain(view.text)
    every = _amounts(text)
    amounts = [one for one in every if one.value > 0]
    if not amounts:
        return
    counts = Counter(one.value for one in amounts)
    paid = _given_less_change(every) if _CHANGE.search(text[:_READ]) or _GIVEN.search(text[:_READ]) else set()
    ranked = sorted(
        (
            (_weight(one) + 4 * (one.value in paid) + min(counts[one.value], 4) / 2, place)
            for place, one in enumerate(amounts)
        ),
        reverse=True,
    )
    best, place = ranked[0]
    if best < _LEAST:
        # Nothing is called a total: of what stands there twice the greatest, as a hint.
        place = max(range(len(amounts)), key=lambda at: (counts[amounts[at].value] > 1, amounts[at].value))
    chosen = amounts[place]
    second = next(
        ((weight, amounts[at].value) for weight, at in ranked if amounts[at].value != chosen.value), None
    )
    is_close = second and best - second[0] < 1
    start, end = chosen.span
    yield Found(
        start,
        end,
        plain_decimal(chosen.value),
        alternative=plain_decimal(second[1]) if second and is_close else None,
        sure=best >= _SURE,
    )


def _weight(amount: Amount) -> float:
    """Tell how likely an amount is the total, by its name."""
    label = amount.label
    if _CHANGE.search(label):
        return -4
    if amount.in_summary and not _STRONG.search(label):
        return -1
    if _STRONG.search(label):
        return 5
    if _SUB.search(label) and not _INCLUSIVE.search(label):
        return 1.5
    if _HEADING.fullmatch(label):
        return 0
    if _TOTAL.search(label):
        return 4 if not _NOT_TOTAL.search(label) or _INCLUSIVE.search(label) else 0
    return 1 if _GIVEN.search(label) else 0


def _given_less_change(amounts: Sequence[Amount]) -> set[Decimal]:
    """List what was paid: an amount that comes before what was given and the change, which differ by it.

    Where no amount is the difference itself, it is one that the least coin explains.
    """
    before: list[Decimal] = []
    paid: set[Decimal] = set()
    rounded: set[Decimal] = set()
    for one, other in pairwise(amounts):
        given, change = abs(one.value), abs(other.value)
        named = _GIVEN.search(one.label) or _CHANGE.search(other.label)
        otherwise = _OF_TAX.search(one.label) or _OF_TAX.search(other.label) or _TOTAL.search(one.label)
        if given > change and (named or not otherwise) and not one.in_summary:
            rest = given - change
            if rest in before and rest * 2 >= max(before):
                paid.add(rest)
            elif named:
                rounded.update([value for value in before if abs(value - rest) < _ROUNDED][-1:])
        before.append(given)
    return paid or rounded


def date(view: RuleInput) -> Iterator[Found]:
    """Find the day of the receipt: behind its label, else the first date of all."""
    text = plain(view.text)
    lines = lines_of(text)
    labelled: list[Span] = []
    others: list[Span] = []
    for place, line in enumerate(lines):
        for match in islice(DATE.finditer(line.text), 3):
            before = line.text[: match.start()] or (lines[place - 1].text if place else "")
            span = (line.start + match.start(), line.start + match.end())
            if _OTHER_DAY.search(before):
                continue
            (labelled if _DATE_LABEL.search(before) else others).append(span)
    habits = Habits(text, "de" if _DAY_FIRST.search(text[:_READ]) else "")
    for start, end in [*labelled, *others]:
        value = read("date", view.text[start:end], habits)
        if value.normalised:
            yield Found(
                start + value.start,
                start + value.end,
                value.normalised,
                alternative=value.alternative,
                sure=value.sure,
            )
            return
