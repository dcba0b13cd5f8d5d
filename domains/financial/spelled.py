"""Read sums in words, in English, German and French, and compare them with the figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from docassay.domains import Span, View
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.typography import plain

_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_FRENCH = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_FRENCH_TENS = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70,
                "huitante": 80, "octante": 80, "nonante": 90}  # fmt: skip
_GERMAN = (
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn"
)
_GERMAN_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_SMALL = {
    **{word: n for n, word in enumerate(_ENGLISH.split())},
    **{word: 20 + 10 * n for n, word in enumerate(_ENGLISH_TENS.split())},
    **{word: n for n, word in enumerate(_FRENCH.split())},
    **_FRENCH_TENS,
    "une": 1,
}
_TIMES = {"hundred": 100, "cent": 100, "cents": 100, "thousand": 1_000, "mille": 1_000, "mil": 1_000,
          "million": 10**6, "millions": 10**6}  # fmt: skip
_GERMAN_SMALL = {
    **{word: n for n, word in enumerate(_GERMAN.split())},
    **{word: 20 + 10 * n for n, word in enumerate(_GERMAN_TENS.split())},
    "eins": 1, "eine": 1, "dreissig": 30,
}  # fmt: skip
_LABEL = re.compile(
    r"(?i)\b(?:(?:amount|total|sum)[^\n]{0,20} in words|in words|in worten|betrag in worten"
    r"|(?:somme|montant)[^\n]{0,20} (?:en|de) (?:toutes )?lettres|en toutes lettres|à la somme de)\b"
    r"[ \t:.()]{0,6}\n?"
)
_UNTIL = re.compile(r"(?i)\b(?:euros?|eur|dollars?|pounds?|francs?|franken|usd|gbp|chf|only)\b|\n[^\n]*\n|$")
_CURRENCY_FIRST = re.compile(r"(?i)^(?:euros?|eur|us dollars?|dollars?|pounds?|francs?|usd|gbp|chf)[ \t:]+")
_TOKEN = re.compile(r"[^\W\d_]+")
_MOST_CHARS = 200


def words_and_figures_differ(view: View) -> Iterable[Span]:
    """Find sums in words that are none of the totals in figures, where the words are read for certain."""
    text = plain(view.text)
    totals = {abs(total.amount.value) for total in read_invoice(view.text).totals if total.role != "other"}
    for match in _LABEL.finditer(text):
        start = match.end()
        written = text[start : start + _MOST_CHARS]
        first = _CURRENCY_FIRST.match(written)
        start += first.end() if first else 0
        written = text[start : start + _MOST_CHARS]
        end = _UNTIL.search(written)
        words = written[: end.start() if end else 0].rstrip(" ,-\n")
        number = spelled_number(words)
        if number and totals and not any(total // 1 == number for total in totals):
            yield start, start + len(words)


def spelled_number(words: str) -> Decimal | None:
    """Read a whole number that is written out; None where a word is none of a number.

    >>> spelled_number("one thousand two hundred and thirty-four"), spelled_number("zwölfhundertfünfzig")
    (Decimal('1234'), Decimal('1250'))
    >>> spelled_number("mille deux cent quatre-vingt-dix-sept"), spelled_number("about twenty")
    (Decimal('1297'), None)
    """
    tokens = [token for token in _TOKEN.findall(words.lower()) if token not in ("and", "et")]
    if not tokens:
        return None
    german = [_german(token) for token in tokens if token != "und"]
    if german and None not in german:
        return _added([value for value in german if value is not None])
    return _counted(tokens)


def _added(values: Sequence[int]) -> Decimal:
    """Add German words: most numbers are a single one, thousands may stand apart from the rest."""
    total = 0
    for value in values:
        total = total * value if value in (10**6, 1_000) and 0 < total < value else total + value
    return Decimal(total)


def _counted(tokens: Sequence[str]) -> Decimal | None:
    """Count up English or French words, from left to right."""
    total = current = 0
    for token in tokens:
        token = "vingt" if token == "vingts" else token
        if token in _TIMES:
            times = _TIMES[token]
            if times == 100:
                current = (current or 1) * 100
            else:
                total, current = total + (current or 1) * times, 0
        elif token == "vingt" and current % 10 == 4:
            current += 76  # quatre-vingt: four twenties
        elif token in _SMALL:
            current += _SMALL[token]
        else:
            return None
    return Decimal(total + current)


def _german(word: str) -> int | None:
    """Read one German word, such as ``eintausendzweihundertvierunddreißig``; None where it is no number."""
    if word in _GERMAN_SMALL:
        return _GERMAN_SMALL[word]
    for name, times in (("millionen", 10**6), ("million", 10**6), ("tausend", 1_000), ("hundert", 100)):
        before, found, after = word.partition(name)
        if not found:
            continue
        left = _german(before) if before else 1
        right = _german(after.removeprefix("und") if after.startswith("und") else after) if after else 0
        return None if left is None or right is None else left * times + right
    units, found, tens = word.partition("und")
    if found and units in _GERMAN_SMALL and tens in _GERMAN_SMALL:
        return _GERMAN_SMALL[units] + _GERMAN_SMALL[tens]
    return None
