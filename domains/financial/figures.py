"""Read the figures of a line as they are written in English, German, French and Swiss documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

MOST_CHARS = 400
"""Figures are read from lines up to this length: a longer one is prose."""

_WORD = re.compile(r"\S+")
_NUMBER = re.compile(
    r"[-+]?\d{1,3}(?:[.,']\d{3}){1,3}(?:[.,]\d{1,6})?|[-+]?\d{1,12}(?:[.,]\d{1,6})?"
    r"|[-+]?\d{1,2}(?:,\d{2}){1,3},\d{3}(?:\.\d{1,2})?"  # lakh and crore
)
_CENTS_AFTER_COMMA = re.compile(r"\d,(?:\d\d(?![\d.,])|[-–—](?!\d))")
_CENTS_AFTER_POINT = re.compile(r"\d\.\d\d(?![\d.,])")
_HARD_SPACE = re.compile(r"(?<=\d)[\u00a0\u202f\u2009\u2007’](?=\d{3}(?!\d))")
_NO_CENTS = re.compile(r"(?<=\d[,.])--?(?![\d-])")
"""Dashes in place of cents: 1.120,- or 400.--."""

_GROUPS = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+,\d{2}(?!\d)")
_SPACED = re.compile(r"\b(?:TVA|TTC|HT)\b")
_CODED = re.compile(r"(?:(?:US|CA|AU|NZ|HK|[ACS])\$|(?:USD|EUR|GBP|CHF|INR|Rs\.?)(?=\d))")
"""A currency written with its sign or code before its figures, without a blank."""

_SIGNED = re.compile(r"^-[€$£₹¥]")
_DASHES = str.maketrans("−–‐‑", "----")
_CURRENCY_SIGNS = (
    "€ $ £ ₹ ¥ EUR USD GBP CHF EURO EUROS FR SFR DKK SEK NOK PLN CZK HUF RON CAD AUD NZD SGD HKD MYR RM INR "
    "RS PKR LKR BDT AED SAR JPY THB IDR RP ZAR KES NGN GHS VND"
)
_CURRENCIES = frozenset(_CURRENCY_SIGNS.split())
_SIGNS = "€$£₹¥"
_AROUND = "()[]|*_:;€$£₹¥"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a line.

    Attributes:
        start: Where it starts in the text, and `end` where it ends.
        money: It has cents, thousands set apart, or a currency beside it.
        percent: A per cent sign follows.
        bracketed: It stands in brackets: a remark, or a negative amount.
    """

    value: Decimal
    start: int
    end: int
    money: bool
    percent: bool
    bracketed: bool = False


@dataclass(frozen=True, slots=True)
class Notation:
    """How a text writes its figures: what stands before cents, and whether spaces set thousands apart."""

    decimal_mark: str
    spaced: bool


def notation_of(text: str) -> Notation:
    """Tell a text's notation by the mark before most of its cents.

    >>> notation_of("Netto 1.234,50").decimal_mark, notation_of("Net 1,234.50").decimal_mark
    (',', '.')
    """
    commas, points = len(_CENTS_AFTER_COMMA.findall(text)), len(_CENTS_AFTER_POINT.findall(text))
    return Notation("," if commas > points else ".", bool(_SPACED.search(text)))


def read_line(line: str, start: int, notation: Notation) -> tuple[list[Figure], str]:
    """Give the figures of a line, in order, and the words that are none.

    Args:
        line: At most `MOST_CHARS` of it are read.
        start: Where the line starts in its text.
        notation: The text's notation.
    """
    line = _HARD_SPACE.sub("'", line[:MOST_CHARS]).translate(_DASHES)
    line = _NO_CENTS.sub(lambda match: "0" * len(match.group()), line)
    if notation.spaced:
        line = _GROUPS.sub(lambda match: match.group().replace(" ", "'"), line)
    figures: list[Figure] = []
    words: list[str] = []
    last_is_figure = False
    matches = list(_WORD.finditer(line))
    for place, match in enumerate(matches):
        word = match.group()
        figure = _figure(word, start + match.start(), notation.decimal_mark)
        if figure is None:
            if word in ("%", "%)") and last_is_figure:
                figures[-1] = replace(figures[-1], percent=True)
            elif word.strip(_AROUND + ",.").upper() in _CURRENCIES or word in _SIGNS:
                if last_is_figure:
                    figures[-1] = replace(figures[-1], money=True)
            else:
                words.append(word)
            last_is_figure = False
            continue
        before = matches[place - 1].group().strip(_AROUND[:-5]).rstrip(".").upper() if place else ""
        if before in _CURRENCIES:
            figure = replace(figure, money=True)
        if place == 1 and before == "-" and figure.money:
            figure, words = replace(figure, value=-abs(figure.value)), []
        figures.append(figure)
        last_is_figure = True
    return figures, " ".join(words)


def _figure(word: str, start: int, decimal_mark: str) -> Figure | None:
    core = word.removesuffix("/-").rstrip(",.")
    percent = core.endswith("%")
    core = core.rstrip("%")
    bare = core.strip(_AROUND)
    offset = core.find(bare) if bare else 0
    if coded := _CODED.match(bare):
        bare, offset = bare[coded.end() :], offset + coded.end()
    if len(bare) > 1 and bare[-1] in "x×" and bare[:-1].isdigit():
        bare = bare[:-1]
    negative = len(bare) > 1 and bare[-1] == "-" and bare[:-1].replace(",", "").replace(".", "").isdigit()
    number = bare[:-1] if negative else bare
    number = _SIGNED.sub("-", number)
    if not number or not _NUMBER.fullmatch(number):
        return None
    value, is_money = decimal(number, decimal_mark)
    if len(number) > 2 and number[0] == "0" and number[1].isdigit():
        is_money = False  # a time or a code
    return Figure(
        -value if negative else value,
        start + offset,
        start + offset + len(bare),
        money=is_money or coded is not None or any(sign in core for sign in _SIGNS),
        percent=percent,
        bracketed=core.startswith("(") or core.endswith(")"),
    )


def decimal(number: str, decimal_mark: str) -> tuple[Decimal, bool]:
    """Read a number, and tell whether it looks like money: it has cents, or thousands are set apart.

    Where both marks stand in it the last one is the decimal mark; three digits behind another mark than the
    text's are thousands.

    >>> decimal("1,234.50", "."), decimal("1.234", ",")
    ((Decimal('1234.50'), True), (Decimal('1234'), True))
    >>> decimal("12,5", "."), decimal("3,3333", ",")
    ((Decimal('12.5'), False), (Decimal('3.3333'), False))
    """
    plain = number.replace("'", "")
    apart = plain != number
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return Decimal(plain), apart
    mark, behind = plain[last], len(plain) - last - 1
    both = {".", ","} <= set(plain)
    several = plain.count(mark) > 1
    whole = plain[:last].replace(".", "").replace(",", "")
    if several or (behind == 3 and mark != decimal_mark and not both):
        return Decimal(whole + plain[last + 1 :]), True
    return Decimal(f"{whole}.{plain[last + 1 :]}"), behind == 2 and (apart or both or mark == decimal_mark)


def shortest_decimal(value: Decimal) -> str:
    """Write a decimal without an exponent and without zeros at its end.

    >>> shortest_decimal(Decimal("19.50")), shortest_decimal(Decimal("1E+2"))
    ('19.5', '100')
    """
    plain = f"{value:f}"
    short = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if short in ("-0", "") else short


def plain_decimal(value: Decimal) -> str:
    """Write a decimal without an exponent.

    >>> plain_decimal(Decimal("1E+3")), plain_decimal(Decimal("19.50"))
    ('1000', '19.50')
    """
    return f"{value:f}"


def money(figures: Sequence[Figure]) -> list[Figure]:
    """Keep the amounts of money: no rates, no counts, nothing in brackets."""
    return [figure for figure in figures if figure.money and not figure.percent and not figure.bracketed]
