"""Amounts of contracts: what is to be paid, and up to how much a party is liable; in words and in figures."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from docassay.domains import RuleInput, Span, plain
from docassay.domains.facts import Found
from docassay.domains.financial.figures import shortest_decimal
from docassay.domains.numerals import GERMAN_WORDS, WORDS, read
from docassay.domains.patterns import compiled

MOST_DIGITS = 20
"""A figure of more digits and commas is no amount."""
_NUMBER = (
    rf"((?:(?:{WORDS})[\s\x{{00a0}}-]+(?:(?:and|et)[\s\x{{00a0}}-]+)?){{0,12}}(?:{WORDS})"
    rf"|(?:{GERMAN_WORDS})+)"
)
_TWICE = compiled(
    rf"(?i)\b{_NUMBER}[\s\x{{00a0}}]*"
    r"(?:(?:u\.?s\.?|united states|canadian)?\s*"
    r"(?:dollars?|euros?|pounds?|francs?|franken|percent|per cent|pour cent|prozent)\s*)?"
    r"\((?:usd|eur|gbp|chf|us)?\s*[$€£]?\s*"
    r"([0-9]{1,3}(?:[,.'’\x{a0}\x{202f} ][0-9]{3})+|[0-9]+)([.,][0-9]+)?"
    r"\s*(?:%|usd|eur|gbp|chf|[€£$]|euros?|percent)?\)"
)
_FRACTION = compiled(r"(?i)\b(?:" + WORDS + r")\s+(?:in|out\s+of)\s+(?:every\s+)?$")


def words_against_figures(view: RuleInput) -> Iterator[Span]:
    """Find numbers whose words and figures differ, such as "thirty (60) days" or "dreißig (60) Tage"."""
    for match in _TWICE.finditer(view.text):
        value = read(match.group(1))
        if value is None or match.group(3) or len(match.group(2)) > MOST_DIGITS:
            continue
        figure = int("".join(c for c in match.group(2) if c.isdigit()))
        if 1900 <= figure <= 2100 and match.group(2).isdigit() and value < 100:
            continue  # "Year One (1998)"
        if "%" in match.group() and _FRACTION.search(view.text[max(0, match.start() - 40) : match.start()]):
            continue  # "three in ten (30%)"
        if value != figure:
            yield match.span()


_CODE = r"(?:USD|EUR|GBP|CHF|CAD|AUD|JPY|CNY|RMB|HKD|INR|SEK|NOK|DKK|PLN)"
_SCALE = (
    r"(?:[ ]?(?:hundred|thousand|million(?:s|en)?|mm|billions?|milliarden?|milliards?)\b|[ ]?(?:mio|mrd)\b\.?"
    r"|[mk]\b)"
)
_FIGURES = r"[0-9]{1,3}(?:[,.'\x{a0}\x{202f} ][0-9]{3})+(?:[.,][0-9]{1,2})?|[0-9]{1,12}(?:[.,][0-9]{1,2})?"
_MONEY = compiled(
    rf"(?i)(?:(?:(?:U\.?S\.?|CA|AU|HK|[CA])?[$\x{{20ac}}\x{{a3}}]"
    rf"|\b{_CODE}\b)[ \x{{a0}}]{{0,2}}({_FIGURES})({_SCALE})?"
    rf"|\b({_FIGURES})({_SCALE})?[ \x{{a0}}]?(?:[\x{{20ac}}\x{{a3}}]|(?:{_CODE}|(?:U\.?S\.?[ ])?dollars?"
    rf"|euros?|pounds?(?:\s+sterling)?|francs?|franken)\b))"
)
_SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "k": 1_000,
    "m": 1_000_000,
    "mm": 1_000_000,
    "mio": 1_000_000,
    "million": 1_000_000,
    "millions": 1_000_000,
    "millionen": 1_000_000,
    "mrd": 1_000_000_000,
    "billion": 1_000_000_000,
    "billions": 1_000_000_000,
    "milliarde": 1_000_000_000,
    "milliarden": 1_000_000_000,
    "milliard": 1_000_000_000,
    "milliards": 1_000_000_000,
}
_IN_WORDS = compiled(
    rf"(?i)\b{_NUMBER}\s*(?:(?:u\.?s\.?|united\s+states|canadian)?\s*(?:dollars?|euros?|pounds?|francs?"
    rf"|franken)\s*)?\(\s*$"
)
_WORDS_CHARS = 160
"""Characters before figures in which the same amount stands in words."""

_MOST = 400
"""Amounts of a text that are looked at."""

_OF_WHAT = compiled(
    r"(?i)\b(purchase\s+price|price|license\s+fees?|fees?|rent|salary|deposit|principal|loan|royalt(?:y"
    r"|ies)|penalty|liquidated\s+damages|damages|liability|insurance"
    r"|retainer|bonus|compensation|minimum|capital|milestone|commission|payments?|sum"
    r"|kaufpreis|preis|vergütung|miete|kaution|gehalt|darlehen|vertragsstrafe|honorar|haftung|zahlung"
    r"|loyer|prix|salaire|honoraires|redevances?|caution|pénalité|indemnité|capital|montant)\b[^.;]{0,90}$"
)


def amounts(view: RuleInput) -> Iterator[Found]:
    """Find the amounts of money of a contract, each with the nearest word before it that says of what.

    One whose words say something else than its figures is not sure.
    """
    text = plain(view.text)
    for found in _amounts(text):
        before = text[max(0, found.start - _BEFORE) : found.start]
        told = _OF_WHAT.search(before)
        role = " ".join(told.group(1).lower().split()) if told else None
        yield found._replace(role=role)


_BEFORE = 140


def _amounts(text: str) -> Iterator[Found]:
    for match in islice(_MONEY.finditer(text), _MOST):
        if text[max(0, match.start() - 1) : match.start()] in ("/", ".", ","):
            continue  # "Fifty Thousand and 00/100 Dollars"
        at = 1 if match.group(1) else 3
        yield _read(text, match, at)


def _read(text: str, match: Any, at: int) -> Found:
    """Read an amount: where it has a word such as million it is worked out, else its reader does that."""
    scale = _SCALES.get((match.group(at + 1) or "").strip(" .").lower())
    values = _scaled(match.group(at), scale) if scale else []
    if values:
        also = values[1] if len(values) > 1 else None
        return Found(match.start(at), match.end(at + 1), values[0], alternative=also)
    words = _IN_WORDS.search(text[max(0, match.start() - _WORDS_CHARS) : match.start()])
    said = read(words.group(1)) if words else None
    figures = "".join(filter(str.isdigit, _CENTS.sub("", match.group(at))))
    differs = said is not None and figures and said != int(figures)
    return Found(match.start(at), match.end(at), alternative=str(said) if differs else None)


def _scaled(figures: str, scale: int) -> list[str]:
    """Work out an amount in millions: twice where its mark may be that of thousands or of decimals.

    >>> _scaled("2,5", 10**6), _scaled("1,500", 10**3), _scaled("1 500", 10**3), _scaled("1,500.25", 10**3)
    (['2500000'], ['1500000', '1500'], ['1500000'], ['1500250'])
    """
    *whole, last = _MARK.split(figures)
    values = []
    if all(len(part) == _GROUP for part in [*whole, last][1:]) and not (whole and whole[0] == "0"):
        values.append("".join([*whole, last]))
    mark = figures[-len(last) - 1 :][:1]
    if mark in (".", ",") and (len(whole) == 1 or len(last) < _GROUP):
        values.append(f"{''.join(whole)}.{last}")
    return [shortest_decimal(Decimal(value) * scale) for value in values]


_MARK = compiled(r"[.,'\x{a0}\x{202f} ]")
_GROUP = 3
_CENTS = compiled(r"[.,][0-9]{1,2}$")

_LIMIT = compiled(
    r"(?i)\b(?:(?:exceeds?|exceed(?:ed|ing)|limited(?:\s+solely)?\s+to|in\s+excess\s+of|greater\s+than"
    r"|more\s+than|(?:up\s+to\s+)?an?\s+(?:aggregate\s+)?maximum|capped\s+at"
    r"|maximum\s+(?:aggregate\s+)?(?:amount|liability)"
    r"|(?:haftung\w*|haftet)\b[^.;]{0,120}?\bauf|begrenzt(?:\s+auf)?|beschränkt(?:\s+auf)?|höchstens"
    r"|maximal|limitée?|plafonnée?)\b|excéder|dépasse)"
)
_LIABLE = compiled(
    r"(?i)\b(?:liability|liable|haft\w*|responsabilit\w*|recover(?:y|able)\s+(?:of|by|from|under)"
    r"|remed(?:y|ies)\s+(?:of|for))"
)
_NOT_LIABLE_FOR = compiled(
    r"(?i)\b(?:insurance|insured|coverage|polic(?:y|ies)|deductible|not\s+less\s+than|at\s+least|minimum"
    r"|threshold|unless|fine|limit\s+of\s+insurance)\b"
)
_BASIS = compiled(
    r"(?i)^[\s,:(]*(?:(?:to|in\s+the\s+aggregate|auf|à|au|of|the|an?|that|portion|total|aggregate|sum"
    r"|amounts?|lesser|greater|higher|lower|equal|all|any|actual|actually|cumulative|net|if|and|or"
    r"|[0-9]+\s?%|(?:one|two|three|five)\s+(?:hundred\s+)?(?:times|percent)"
    r"|\(?(?:i|a|1)\))[\s,:(]+){0,10}((?:[\w'-]+\s+){0,4}?(?:fees?|amounts?|price|payments?|compensation"
    r"|remuneration|consideration|commissions?|charges|sums|monies|moneys|royalties|revenues?|vergütung"
    r"|entgelte?|auftragswert\w*|jahresvergütung|prix|montants?|honoraires|sommes"
    r"|redevances?)\b[^.;]{0,180})"
)
_PAID = compiled(
    r"(?i)\b(?:paid|payable|received|due|owed|owing|invoiced|pays?|price|gezahlt\w*|vereinbart\w*"
    r"|versées?|payées?|perçues?|vergütung|auftragswert\w*)\b"
)
_SAID, _NEAR = 320, 260
"""Characters before a limit in which liability is named, and behind it in which its amount or measure is."""


def liability_cap(view: RuleInput) -> Iterator[Found]:
    """Find the amount of money up to which a party to a contract is liable."""
    text = plain(view.text)
    for end, stop in _limits(text):
        first = max(0, end - _SAID)
        stretch = text[first:stop]  # with the words before it that say the same in words
        found = next((one for one in _amounts(stretch) if first + one.start >= end), None)
        if found and not _NOT_LIABLE_FOR.search(stretch[end - first : found.start]):
            yield found._replace(start=first + found.start, end=first + found.end)


def liability_basis(view: RuleInput) -> Iterator[Found]:
    """Find by what the liability of a party is measured, such as the fees paid in the year before a claim."""
    text = plain(view.text)
    for end, stop in _limits(text):
        stretch = text[end:stop]
        match = _BASIS.match(stretch)
        if match and _PAID.search(match.group(1)):
            words = match.group(1).rstrip(" ,(\n")
            yield Found(end + match.start(1), end + match.start(1) + len(words))
            return


def _limits(text: str) -> Iterator[tuple[int, int]]:
    """Give where the words end that limit a liability, and where their sentence does."""
    for match in islice(_LIMIT.finditer(text), _MOST):
        before = text[max(0, match.start() - _SAID) : match.end()]
        ends = [one.end() - len("Li") for one in _SENTENCE.finditer(before)]
        said = before[ends[-1] if ends else 0 :]
        if _NOT_ONLY.search(text[max(0, match.start() - _SAID) : match.start()]):
            continue  # "including, but not limited to"
        if _LIABLE.search(said) and not _NOT_LIABLE_FOR.search(said):
            behind = text[match.end() : match.end() + _NEAR]
            stop = _SENTENCE.search(behind)
            yield match.end(), match.end() + (stop.start() if stop else len(behind))


_NOT_ONLY = compiled(r"(?i)\b(?:but|are|is|being)\s+not\s*$|\bsought\b")
_SENTENCE = compiled(r"[.]\s+\p{Lu}\p{Ll}|\n\s*\n\s*\n")
