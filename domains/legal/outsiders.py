"""Who takes part in a contract that does not name them: companies that sign it, and payees."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from docassay.domains import RuleInput, Span
from docassay.domains.legal.parties import BY, OF_SIGNATURE, SUFFIXES, parties, words_of
from docassay.domains.patterns import compiled

PREAMBLE = 4000
"""Characters from the start in which a contract names its parties."""

_GENERIC_WORDS = """
the and of for de la le les et und der die das co group holdings international global services mr
mrs ms dr seller buyer supplier provider customer client lender borrower landlord tenant licensor
licensee contractor consultant owner employer employee party parties agent escrow bank beneficiary
such its his her their vendor payee creditor recipient lessor lessee participant member user
processor controller name account on behalf signed pour für
"""
_GENERIC = SUFFIXES | frozenset(_GENERIC_WORDS.split())
_CLOSING = compiled(
    r"(?im)\bin witness where\s?of\b|^[ \t]*signatures?[ \t]*:?$|^[ \t]*unterschriften\b"
    r"|^[ \t]*(?:agreed and accepted|signed by the parties)\b|^[ \t]*fait (?:à|en)\s"
    r"|^[ \t]*unterschrift(?:en)?(?: der (?:vertrags)?parteien)?[ \t]*:?$"
    r"|^[ \t]*[A-ZÄÖÜ][^\n,0-9]{1,40}, den [0-9]"
)
_PAYEE = compiled(
    r"(?i)\b(?:account[ \t]+(?:name|holder)|name[ \t]+of[ \t]+(?:the[ \t]+)?account(?:[ \t]+holder)?"
    r"|beneficiary(?:[ \t]+name)?|payee|titulaire(?:[ \t]+du[ \t]+compte)?|bénéficiaire|kontoinhaber(?:in)?"
    r"|zahlungsempfänger(?:in)?|begünstigter?)[ \t\x{a0}]*[:=][ \t\x{a0}]*"
    r"|\b(?:paid|payable|pay|transferred|remitted|wired)\b[^.;]{0,50}\bto\s+the\s+(?:bank\s+)?account\s+of\s+"
    r"|\bauf\s+das\s+(?:Bank)?[Kk]onto\s+(?:von|der|des)\s+(?:Firma\s+)?"
    r"|\bsur\s+le\s+compte\s+(?:bancaire\s+)?(?:de\s+la\s+société\s+|de\s+|ouvert\s+au\s+nom\s+de\s+)"
)
_WHOEVER = compiled(r"(?:The|Any|Each|Such|A|An)[ \t]+\p{Ll}")
"""Begins a definition, not a name: the person named by the owner."""
_OF_A_ROLE = compiled(r"(?i)\b(?:des|der)\s+$")
"""A company stands behind an article, too, but with its legal form."""
_NAME_END = compiled(
    r"[\n;:(\x{201c}\"]|  |\. |, (?:\pL|[0-9])|\b(?:at|held|with|within|bearing|no later|IBAN|Account)\b"
)


def unknown_signatories(view: RuleInput) -> Iterator[Span]:
    """Find companies in the signature block that a contract, which names its parties, does not name."""
    closing = max((match.start() for match in _CLOSING.finditer(view.text)), default=0)
    if closing < 200:
        return
    body = squeezed = ""
    for match in BY.finditer(view.text, closing):
        above_start = max(closing, match.start() - 200)
        above = view.text[above_start : match.start()].rstrip()
        start = above_start + above.rfind("\n") + 1
        start += len(OF_SIGNATURE.match(view.text[start : above_start + len(above)]).group())
        name = view.text[start : above_start + len(above)]
        words = words_of(name)
        if (
            not name[:1].isupper()
            or len(name) > 100
            or "__" in name
            or not words
            or not SUFFIXES.intersection(words)
        ):
            continue
        body = body or view.text[:closing].lower()
        distinctive = [word for word in words if word not in _GENERIC and len(word) > 1]
        # A letter written twice is a slip of the pen: SOLLARIS signs for Solaris.
        if not distinctive or distinctive[0] in body:
            continue
        squeezed = squeezed or _squeezed(body)
        if _squeezed(distinctive[0]) not in squeezed:
            if not _names_parties(view, closing):
                return
            yield start, start + len(name)


def payees_outside_the_contract(view: RuleInput) -> Iterator[Span]:
    """Find a payee whom a contract, which names its parties, does not name before."""
    said: set[str] = set()
    last = 0
    for match in _PAYEE.finditer(view.text):
        line = view.text[match.end() : match.end() + 80]
        end = _NAME_END.search(line)
        name = (line[: end.start()] if end else line).rstrip(" .,-\t")
        words = [word for word in words_of(name) if word not in _GENERIC and len(word) > 1]
        if not words or not name[0].isupper() or any(word.isdigit() for word in words):
            continue
        if _WHOEVER.match(name) or (_OF_A_ROLE.search(match.group()) and SUFFIXES.isdisjoint(words_of(name))):
            continue
        said.update(words_of(view.text[last : match.start()]))
        last = match.start()
        if len(words) == 1 and ":" not in match.group() and "=" not in match.group():
            continue  # "to the account of the landlord": a role, not a name
        if words[0] not in said and words[0].removesuffix("s") not in said:
            if not _names_parties(view, PREAMBLE):
                return
            yield match.end(), match.end() + len(name)


def _names_parties(view: RuleInput, end: int) -> bool:
    """Tell whether two parties are named before a place: else who signs, or is paid, may well be one."""
    return len([one for one in parties(view) if one.start < end]) > 1


def _squeezed(text: str) -> str:
    """Write each letter once where it follows itself.

    >>> _squeezed("sollaris assets")
    'solaris asets'
    """
    return "".join(letter for letter, _ in groupby(text))
