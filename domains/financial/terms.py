"""What a line among an invoice's totals gives, by its label."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import re2

from docassay.domains.entries import read_toml
from docassay.domains.financial.invoice import Role
from docassay.domains.patterns import compiled
from docassay.domains.terms import Terms

_READ = read_toml(Path(__file__).with_name("totals.toml"))
_TERMS = Terms(_READ["terms"], "totals.toml")
_PATTERNS: tuple[tuple[Role, re2._Regexp[str]], ...] = tuple(
    (total["role"], compiled(_TERMS.expand("|".join(total["names"]), total["role"])))
    for total in _READ["total"]
)
_PLAIN = str.maketrans("äöüàâéèêëîïôûùçáíóúñãõąćęłńśźż", "aouaaeeeeiiouucaiounaoacelnszz")
_TAX_WORDS, _AROUND_TAX = frozenset(_READ["tax_words"]), frozenset(_READ["beside_tax"])
_INCLUDED = compiled(r"(?i)\b(?:incl|inkl|includ|enth|davon|darin|dont|hierin)|included")
_WORDS = compiled(r"[\pL-]+")


@lru_cache(maxsize=2_000)
def role_of(label: str) -> Role | None:
    """Tell what a total gives; None where the label is none of a total.

    >>> role_of("Rechnungssumme ohne USt."), role_of("Br uttosumme"), role_of("zzgl. USt."), role_of("Paint")
    ('net', 'gross', 'tax', None)
    >>> role_of("Base imponible"), role_of("Totale fattura"), role_of("Do zapłaty")
    ('net', 'gross', 'due')
    """
    if len(label) > 80:
        return None
    squashed = "".join(c for c in label.lower() if c.isalpha()).translate(_PLAIN)
    for role, pattern in _PATTERNS:
        if squashed and pattern.fullmatch(squashed):
            return role
    if "/" in label and all(roles := [role_of(part) for part in label.split("/")]):
        return roles[0]
    words = [word.lower().strip("-") for word in _WORDS.findall(label)]
    if any(word in _TAX_WORDS for word in words) and all(
        word in _TAX_WORDS or word in _AROUND_TAX for word in words
    ):
        return "tax"
    return None


_PAID = compiled(
    r"(?i)\b(?:(?:pre-?|down ?)?payments?|(?:pre-?)?paid|deposits?|retainers?|advances?|(?:an|voraus"
    r"|teil|abschlags|akonto)-?zahlung(?:en)?"
    r"|(?:abschlags|anzahlungs|teil|akonto)-?rechnung(?:en)?|abschlag|bezahlt|gezahlt|acomptes?|arrhes"
    r"|avances?|vers(?:é|ement)s?"
    r"|réglée?s?|payée?s?)\b"
)
_TO_PAY = compiled(
    r"(?i)\b(?:due|terms?|payable|required|requested|method|instructions?|within|by|until|next|ziel"
    r"|bedingung\w*"
    r"|fällig\w*|zahlbar|echéance|échéance|mode|conditions?|à payer|no\.?|number|ref\w*)\b"
)


def says_paid(label: str) -> bool:
    """Tell whether a line among the totals gives what was paid before, a deposit or part of the sum.

    >>> says_paid("50% deposit paid April"), says_paid("1. Abschlagsrechnung vom"), says_paid("Payment terms")
    (True, True, False)
    """
    return bool(_PAID.search(label)) and not _TO_PAY.search(label)


_TRANSFER = compiled(
    r"(?i)^\W*(?:vir(?:ement)?(?: sepa)?|chèque|carte(?: bancaire)?|prélèvement|überweisung|lastschrift"
    r"|(?:bank |wire )?transfer"
    r"|che(?:que|ck)|(?:credit |debit )?card|cash|espèces|bar)\b"
)


def says_transfer(label: str) -> bool:
    """Tell whether a line gives how a sum was paid.

    >>> says_transfer("Virement 05/11/2017"), says_transfer("Olive oil")
    (True, False)
    """
    return bool(_TRANSFER.search(label))


def names_tax(label: str) -> bool:
    """Tell whether a label speaks of a tax, whatever else it says."""
    return any(word.lower().strip("-") in _TAX_WORDS for word in _WORDS.findall(label))


def says_included(label: str) -> bool:
    """Tell whether a tax is said to be part of the total already."""
    return bool(_INCLUDED.search(label))
