"""Find the words that an invoice is paid: a sentence that begins with it, or a stamp."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from docassay.domains import Span

_WITH = r"(?:\s{1,3}(?:per|mit|by|via|par|am|on|le)\s[^\s!?]{0,19}[^\s.!?]){0,2}"
_IS_PAID = re.compile(
    r"(?i)(?:^|\n[ \t]{0,20}\n|[.!:)]\s|[\d€$£][ \t]{0,20}\n)[ \t\n]{0,20}"
    r"(?:this invoice|the (?:(?:full|total|invoice) )?amount|(?:die|diese) (?:vorliegende )?rechnung"
    r"|(?:der|dieser) (?:gesamt|rechnungs)?betrag|cette facture|le montant(?: total)?)\s{1,3}"
    r"((?:(?:has\s(?:already\s)?been|was)(?:\salready)?\s{1,3}paid"
    r"|is\s(?:already\s{1,3}paid|paid\sin\sfull)"
    rf"|(?:wurde|ist)\s(?:bereits|schon|dankend){_WITH}\s{{1,3}}(?:bezahlt|beglichen|erhalten)"
    r"|(?:a\s(?:déjà\s)?été|est\sdéjà)\s{1,3}(?:payée?|réglée?|acquittée?))(?:\s{1,3}in\sfull)?)\b"
)
_LABELS = (
    r"\s{0,20}(?:(?:[A-Z]{3}\s|[€$£]\s?)?[-–]?\s?\d|(?:amount|total|balance|still|due|betrag|zahlbetrag|gesamt|summe"
    r"|rest|noch|offen|reste|solde|montant|net)\b)"
)
"""What makes a line the label of an amount: the amount, or the next label."""

_ALONE = re.compile(
    r"(?i)(?:^|\n[ \t]{0,20}\n|[\d.!€$£][ \t]{0,20}\n)[ \t*]{0,80}"
    r"((?:already paid|paid in full|bereits (?:bezahlt|beglichen)|(?:betrag )?dankend erhalten"
    rf"|(?:facture )?(?:acquittée?|déjà (?:payée?|réglée?))){_WITH})"
    rf"(?!{_LABELS})"
    r"[ \t*]{0,20}(?:[.!][ \t*]{0,20}(?:\n|$)|\n[ \t]{0,20}\n|\s{0,20}$)"
)
"""A stamp on a line of its own: neither the label of an amount nor the rest of a sentence."""

_SENTENCE_CHARS = 250
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-ZÄÖÜÉ])|\n[ \t]*\n")
_CONDITIONAL = re.compile(
    r"(?i)\?|\b(?:if|unless|when|once|after|before|where|until|till|while|as (?:soon|long)|provided|only|must"
    r"|should|shall|will|to be|yet|not|last|previous|deposits?|direct debit|please|refunded|error|ignore"
    r"|falls|sofern|soweit|sollten?|wenn|sobald|solange|bis|vor|nach|nachdem|bevor|erst|nur|nicht|noch|wird"
    r"|letzten?|vorherigen?|anzahlung|lastschrift|bitte"
    r"|s[i'’]|dès|lorsque?|quand|tant|après|avant|jusqu|pas|dernière|précédente|acomptes?)\b"
)
_MOST = 50
"""So many places of each form are looked at."""


def said_to_be_paid(text: str) -> Iterator[Span]:
    """Find the words that this invoice is paid, in a sentence without any condition or as a stamp.

    >>> [text[slice(*span)] for text in ("This invoice was already paid.",) for span in said_to_be_paid(text)]
    ['was already paid']
    >>> list(said_to_be_paid("Title passes once this invoice has been paid."))
    []
    """
    for pattern in (_IS_PAID, _ALONE):
        for match in islice(pattern.finditer(text), _MOST):
            if not _CONDITIONAL.search(_sentence(text, match.span(1))):
                yield match.span(1)


def _sentence(text: str, span: Span) -> str:
    """Give the sentence around a span, as far as `_SENTENCE_CHARS` on either side."""
    before = _SENTENCE_END.split(text[max(0, span[0] - _SENTENCE_CHARS) : span[0]])[-1]
    behind = text[span[1] : span[1] + _SENTENCE_CHARS]
    end = _SENTENCE_END.search(behind)
    return before + text[slice(*span)] + (behind[: end.end()] if end else behind)
