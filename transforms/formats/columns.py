"""What the columns of an invoice's or a bill's table are, by their headings in English, German and French."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

from docassay.schemas.tables import Role

MOST_WORDS = 5
"""Words of the longest heading."""

_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_PLAIN = str.maketrans("äöüàâéèêëîïôûùçáíóúñãõąćęłńśźż", "aouaaeeeeiiouucaiounaoacelnszz")
_ROLES: dict[str, Role] = {
    word.translate(_PLAIN): cast(Role, role) for role, words in _WORDS.items() for word in words.split()
}
_BESIDE = re.compile(
    r"\([^()]{0,30}\)|\[[^\[\]]{0,30}\]"
    r"|(?<![a-z])(?:in|en|per|pro|par|à|a)? ?(?:eur(?:os?)?|usd|gbp|chf|€|\$|£)(?![a-z])"
)
_TAX_BEHIND = re.compile(
    r"(?:(?:excl|exkl|ex|excluding|without|ohne|zzgl|hors|before|(?P<with>incl|inkl|inc|including|mit))"
    r"(?:vat|mwst|ust|gst|tva|tax(?:es?)?)|ht|netto|net|(?P<also>ttc|brutto|gross))$"
)
_QUALIFIERS = frozenset(
    ["excl", "exkl", "incl", "inkl", "ohne", "%", "in", "€", "eur", "$", "usd", "chf", "£", "gbp"]
)
_LONGEST = 60
_NO_LETTER = re.compile(r"[^a-zß%#]+")
_LINE_ROLES = frozenset(("quantity", "price", "amount", "gross"))
_TOTAL = re.compile(
    r"(?i)^\W*(?:(?:sub|grand|invoice|order|net|gross|line|items?)[ -]?)?"
    r"(?:totals?|summe|gesamt|amount due|balance|due)\b"
    r"|^\W*(?:zu zahl|zahl|end|rechnungs|gesamt|netto|brutto|positions|waren|steuer|zwischen)\w*"
    r"(?:summe|betrag|wert|gesamt)\b"
    r"|^\W*(?:zzgl|zuzügl\w*|plus|incl|inkl|davon|dont|including)?\.? ?(?:\d[\d.,]* ?%)? ?"
    r"(?:mwst|ust|umsatzst|mehrwertst|vat|tva|sales tax|tax)\b"
    r"|^\W*positionen (?:netto|brutto|ust)\b"
    r"|^\W*(?:net|netto|brutto|gross|montant|total|sous-total|net à payer|reste|solde|skonto)\W*"
    r"(?:ht|ttc|tva|à payer|dû)?\W*$"
)
_BARE = re.compile(
    r"(?i)^\W*(?:vat|ust|mwst|tva|umsatzsteuer\w*|mehrwertsteuer|tax|sales tax|gst"
    r"|(?:grand |sub-?)?totals?|summe|gesamt"
    r"|total (?:ht|ttc|net|netto|brutto))\b[\s.:]*(?:\([A-Z]{1,2}\))?[\s%.:€$£]*(?:eur)?\W*$"
)
_CARRIED = re.compile(
    r"(?i)^\W*(?:übertrag|zwischensumme|vortrag|sub-?total|(?:carried|brought) (?:forward|over)"
    r"|(?:report|à reporter|sous-total)\b|(?:total |amount |summe )?(?:carried|c/f|b/f))"
)


@lru_cache(maxsize=2_000)
def role_of(heading: str) -> Role | None:
    """Tell what the cells below a heading are; None where it is not known.

    >>> role_of("Einzelpreis (EUR)"), role_of("Positions-betrag ohne USt."), role_of("P.U. HT")
    ('price', 'amount', 'price')
    """
    if len(heading) > _LONGEST:
        return None
    if "(+)" in heading or "(-)" in heading:
        return "discount"
    plain = _NO_LETTER.sub("", _BESIDE.sub(" ", heading.lower()).translate(_PLAIN))
    if (role := _ROLES.get(plain)) or not (match := _TAX_BEHIND.search(plain)):
        return role
    role = _ROLES.get(plain[: match.start()])
    if role == "amount" and (match["with"] or match["also"]):
        return "gross"
    return role if role in ("price", "amount") else None


def is_qualifier(word: str) -> bool:
    """Tell whether a word of a heading says something of the word before it, and names no column."""
    return word.lower().strip("().:") in _QUALIFIERS


def is_heading(roles: Iterable[Role | None]) -> bool:
    """Tell whether columns are those of an invoice's lines: with two of quantity, price and amount.

    >>> is_heading(["description", "quantity", "amount"]), is_heading(["description", None, "amount"])
    (True, False)
    """
    return len(_LINE_ROLES.intersection(filter(None, roles))) >= 2


def settled(roles: Sequence[Role | None]) -> list[Role | None]:
    """Tell columns apart that are called alike.

    Of two amounts around a price the first is a quantity, where there is no other; of two prices without an
    amount the last is the amount; of further columns that are called alike the last counts.

    >>> settled(["amount", "price", "amount"]), settled(["quantity", "price", "price"])
    (['quantity', 'price', 'amount'], ['quantity', 'price', 'amount'])
    >>> settled(["quantity", "amount", "amount"])
    ['quantity', None, 'amount']
    """
    assigned = list(roles)
    if assigned.count("amount") > 1 and "price" in assigned and "quantity" not in assigned:
        first = assigned.index("amount")
        if first < assigned.index("price"):
            assigned[first] = "quantity"
    if "amount" not in assigned:
        last = len(assigned) - 1 - assigned[::-1].index("price") if assigned.count("price") > 1 else -1
        if last < 0 and "gross" in assigned and "price" in assigned:
            last = assigned.index("gross")
        if last >= 0:
            assigned[last] = "amount"
    for role in ("quantity", "price", "amount"):
        for at in [at for at, one in enumerate(assigned) if one == role][:-1]:
            assigned[at] = None
    return assigned


def is_carried(words: str) -> bool:
    """Tell whether a row gives what the rows above it come to, and further rows follow.

    >>> is_carried("Übertrag auf Seite 2"), is_carried("Reports in print")
    (True, False)
    """
    return _CARRIED.search(words) is not None


def is_total(words: str) -> bool:
    """Tell whether a row is a total or a tax, below the lines.

    >>> is_total("Summe netto"), is_total("zzgl. 19 % MwSt."), is_total("Paint, 2 cans")
    (True, True, False)
    """
    return _TOTAL.search(words) is not None


def is_bare_total(words: str) -> bool:
    """Tell whether a row is a total, or one of a tax breakdown, that has nothing but the name of such.

    >>> is_bare_total("Umsatzsteuer (S) %"), is_bare_total("Total:"), is_bare_total("VAT advice")
    (True, True, False)
    """
    return _BARE.search(words) is not None
