"""The parties of a contract: who makes it, who signs it, and who is paid."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from docassay.domains import RuleInput, Span
from docassay.languages import languages

PREAMBLE = 4000
"""Characters from the start in which a contract names its parties."""

_SUFFIXES = frozenset(form for one in languages().values() for form in one.company_forms)
_GENERIC_WORDS = """
the and of for de la le les et und der die das co group holdings international global services mr
mrs ms dr seller buyer supplier provider customer client lender borrower landlord tenant licensor
licensee contractor consultant owner employer employee party parties agent escrow bank beneficiary
such its his her their vendor payee creditor recipient lessor lessee participant member user
processor controller name account on behalf signed pour für
"""
_GENERIC = _SUFFIXES | frozenset(_GENERIC_WORDS.split())
# The name of a company stands on the line above its signature, or after "for and on behalf of".
_BY = re2.compile(r"(?m)^[ \t]*(?:By|BY|Per|Signature|Signed|Par|Durch|Unterschrift)[ \t\x{a0}]*:")
_LABEL = re2.compile(
    r"(?i)[ \t]*(?:(?:company name|company|name"
    r"|(?:acknowledged|agreed|accepted|executed)(?: to)?(?: and \w+)? by"
    r"|for and on behalf of|on behalf of|signed for|for|pour|für)\b[ \t:]*)?"
)
_CLOSING = re2.compile(
    r"(?im)\bin witness where\s?of\b|^[ \t]*signatures?[ \t]*:?$|^[ \t]*unterschriften\b"
    r"|^[ \t]*(?:agreed and accepted|signed by the parties)\b|^[ \t]*fait (?:à|en)\s"
    r"|^[ \t]*unterschrift(?:en)?(?: der (?:vertrags)?parteien)?[ \t]*:?$"
    r"|^[ \t]*[A-ZÄÖÜ][^\n,0-9]{1,40}, den [0-9]"
)
_PAYEE = re2.compile(
    r"(?i)\b(?:account[ \t]+(?:name|holder)|name[ \t]+of[ \t]+(?:the[ \t]+)?account(?:[ \t]+holder)?"
    r"|beneficiary(?:[ \t]+name)?|payee|titulaire(?:[ \t]+du[ \t]+compte)?|bénéficiaire|kontoinhaber(?:in)?"
    r"|zahlungsempfänger(?:in)?|begünstigter?)[ \t\x{a0}]*[:=][ \t\x{a0}]*"
    r"|\b(?:paid|payable|pay|transferred|remitted|wired)\b[^.;]{0,50}\bto\s+the\s+(?:bank\s+)?account\s+of\s+"
    r"|\bauf\s+das\s+(?:Bank)?[Kk]onto\s+(?:von|der|des)\s+(?:Firma\s+)?"
    r"|\bsur\s+le\s+compte\s+(?:bancaire\s+)?(?:de\s+la\s+société\s+|de\s+|ouvert\s+au\s+nom\s+de\s+)"
)
_WORD = re2.compile(r"[\pL\pN]+")
# "the undersigned entity (\"Counterparty\")": the party is named by its signature alone.
_UNDERSIGNED = re2.compile(
    r"\bthe\s+undersigned\s+(?:entity|company|corporation|party|counterparty|recipient)\b"
)
_NAME_END = re2.compile(
    r"[\n;:(\x{201c}\"]|  |\. |, (?:\pL|[0-9])|\b(?:at|held|with|within|bearing|no later|IBAN|Account)\b"
)


def unknown_signatories(view: RuleInput) -> Iterator[Span]:
    """Find companies in the signature block that the contract names nowhere before it."""
    closing = max((match.start() for match in _CLOSING.finditer(view.text)), default=0)
    if closing < 200:
        return
    body = ""
    for match in _BY.finditer(view.text, closing):
        above_start = max(closing, match.start() - 200)
        above = view.text[above_start : match.start()].rstrip()
        start = above_start + above.rfind("\n") + 1
        start += len(_LABEL.match(view.text[start : above_start + len(above)]).group())
        name = view.text[start : above_start + len(above)]
        words = _words(name)
        if (
            not name[:1].isupper()
            or len(name) > 100
            or "__" in name
            or not words
            or not _SUFFIXES.intersection(words)
        ):
            continue
        body = body or view.text[:closing].lower()
        if _UNDERSIGNED.search(body):
            return
        distinctive = [word for word in words if word not in _GENERIC and len(word) > 1]
        if distinctive and distinctive[0] not in body:
            yield start, start + len(name)


def payees_outside_the_contract(view: RuleInput) -> Iterator[Span]:
    """Find an account holder who is not among the parties that the contract's opening names."""
    opening: frozenset[str] | None = None
    for match in _PAYEE.finditer(view.text):
        line = view.text[match.end() : match.end() + 80]
        end = _NAME_END.search(line)
        name = (line[: end.start()] if end else line).rstrip(" .,-\t")
        words = [word for word in _words(name) if word not in _GENERIC and len(word) > 1]
        if not words or not name[0].isupper() or any(word.isdigit() for word in words):
            continue
        if match.start() < PREAMBLE:
            party_words = _bag(view.text[: match.start()])
        else:
            opening = party_words = opening or _bag(view.text[:PREAMBLE])
        if len(words) == 1 and ":" not in match.group() and "=" not in match.group():
            continue  # "to the account of the landlord": a role, not a name
        if words[0] not in party_words and words[0].removesuffix("s") not in party_words:
            yield match.end(), match.end() + len(name)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _bag(text: str) -> frozenset[str]:
    return frozenset(_words(text))
