"""For whom terms are: for consumers, or for businesses, for staff, or for one organisation itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from docassay.domains import RuleInput, Span, plain
from docassay.domains.folders import compiler
from docassay.domains.legal.law import binds_without_agreement, in_language_read
from docassay.domains.passages import REACH, sentence_of
from docassay.domains.patterns import compiled

_compiled = compiler(Path(__file__).parent, "audience.toml")

OFTEN = 5
"""Times from which on terms speak of somebody throughout."""

_FOR_BUSINESS = _compiled(r"(?i){for_business}")
# Work is ordered by such a statement, and legal persons are represented by somebody.
_ORDERED_WORK = compiled(r"(?i)\bstatements?\s+of\s+work\b")
_PARTIES = compiled(r"(?i)\bsoussigné|\bzwischen\b")
_REPRESENTED = compiled(r"(?i)\breprésentée?s?\s+par\b|\bvertreten\s+durch\b")
_BUSINESS_TITLE = _compiled(r"(?i)\b{business_title}\b")
# Who orders and who supplies, where nobody is spoken to and no consumer is named.
_ORDERER = compiled(
    r"\b(?:Auftraggebers?|AG|Clients?|Customers?|Merchants?|Publishers?|Advertisers?|Resellers?)\b"
)
_SUPPLIER = compiled(r"\b(?:Auftragnehmers?|AN)\b")
_ENGLISH = compiled(
    r"\b(?:Customers?|Clients?|Merchants?|Publishers?|Advertisers?|Resellers?)\s+(?:shall|agrees?|will|may|is)\b"
)
_SPOKEN_TO = compiled(
    r"(?i)\b(?:you|your|Ihnen|Ihre\w*|du|dein\w*|consumers?|Verbraucher\w*)\b|\bSie\s+(?:können|haben|sind)"
)
_CONSUMER = compiled(r"(?i)\b(?:consumers?|Verbraucher\w*)\b")
_LAW_OF_CONSUMERS = compiled(r"(?i)\bconsumer\s+(?:protection|laws?|rights\s+act|arbitration)\b")
_ACTS_IN_TRADE = _compiled(r"(?i){acts_in_trade}")
_ACTS_PRIVATELY = _compiled(r"(?i){acts_privately}")
_THIS_POLICY = compiled(r"(?i)\bthis\s+privacy\s+(?:policy|notice|statement)\b")
_THESE_TERMS = compiled(
    r"(?i)\b(?:these\s+(?:\w+\s+){0,3}?(?:terms|conditions)|this\s+(?:\w+\s+){0,3}?agreement)\b"
)
_MADE_FOR = _compiled(r"(?i){made_for}")
_OWN_TRADE = _compiled(r"(?i){own_trade}")
_IS_ENTITY = _compiled(r"(?i){is_entity}")
_ORDER_FORM = compiled(r"\b(?:Order\s+Forms?|Service\s+Orders?)\b")
_PRIVATE_PERSON = _compiled(r"(?i)\b{private_person}\b")
_PRIVATE_USE = _compiled(r"(?i)\b{private_use}\b")
_AND_NEXT = 150
"""Characters behind a sentence that says so in which private people may be named, too."""

_DESCRIBED = 3_000
"""Characters from the start in which terms describe what is offered, and to whom."""
_NO_TRADER = _compiled(r"(?i){no_trader}")
_OTHER_TITLE = _compiled(r"(?i)^\W*(?:[0-9]+\W+)?{other_title}\b")


_PRIVACY_TITLE = compiled(
    r"(?i)\bprivacy\s+(?:policy|notice|statement)\b|\bpolitique\b.{0,40}\bconfidentialité"
    r"|\bdatenschutz(?:erklärung|hinweise?)\b"
)
_TERMS_TITLE = compiled(r"(?i)\b(?:terms|conditions|agreement|contrat|AGB|\pL*bedingungen)\b")
_FIRST_LINES = 6
"""Lines that are not blank, from the start, among which a title may stand."""

_TITLE_CHARS = 120


def _is_titled_for_business(text: str) -> bool:
    """Tell whether a title says so: the first line of words, or one of the first lines that names terms."""
    named = [line for line in first_lines(text) if _TERMS_TITLE.search(line) or len(line.split()) == 1]
    return any(_BUSINESS_TITLE.search(line) for line in (title_of(text), *named))


def first_lines(text: str) -> list[str]:
    """List the short lines among the first ones that are no sentences and no links to other pages."""
    lines = [line for one in text[:1_500].split("\n") if (line := one.strip())][:_FIRST_LINES]
    return [line for line in lines if len(line) <= _TITLE_CHARS and "](" not in line and line[-1] != "."]


def title_of(text: str) -> str:
    """Give the first line of more than one word."""
    return next((line for line in text.split("\n") if len(line.split()) > 1), "")[:_TITLE_CHARS]


_EMPLOYMENT = _compiled(r"(?i){employment}")
_MADE_BETWEEN = compiled(
    r"(?i)\bby\s+and\s+(?:between|among)\b|\bbetween\s+(?-i:\p{Lu})[^.;]{3,160}\band\s+(?-i:\p{Lu})[^.;]{3,160}"
    r"(?-i:\b(?:Inc|LLC|Ltd|Corp|GmbH|Company|Limited)\b)"
)
_READER = _compiled(r"(?i)\b{reader}\b")
_TERMS = _compiled(r"(?i){consumer_terms}")
_CONTRACT_TITLE = _compiled(r"(?i)\b{contract_title}\b")


def for_consumers(view: RuleInput) -> Iterator[Span]:
    """Find that terms may be for consumers: they speak to a reader or of users, not to businesses or staff.

    A privacy policy holds no terms, nor does a statute, a licence to everybody, or the contract of two;
    and nobody says of a language that the rules do not know what is missing. Both a translation and its
    original must say so: that terms are for businesses may be lost in translation.
    """
    if _is_for_consumers(plain(view.text)) and _is_for_consumers(plain(view.original or view.text)):
        yield 0, min(len(view.text), 1)


@lru_cache(maxsize=4)
def _is_for_consumers(text: str) -> bool:
    title, lines = title_of(text), first_lines(text)
    names_terms = any(map(_TERMS_TITLE.search, lines))
    if (_PRIVACY_TITLE.search("\n".join(lines)) and not names_terms) or not in_language_read(text):
        return False
    if binds_without_agreement(text) or _CONTRACT_TITLE.search(title) or not _TERMS.search(text):
        return False
    if _is_titled_for_business(text) or _FOR_BUSINESS.search(text) or _is_between_businesses(text):
        return False
    if _is_made_for_a_trade(text) or _NO_TRADER.search(text) or _is_policy(text):
        return False
    if any(map(_OTHER_TITLE.search, lines)) and not names_terms:
        return False
    opening = text[:1_500]
    represented = _PARTIES.search(opening) and len(list(_REPRESENTED.finditer(opening))) > 1
    if represented or _ORDERED_WORK.search(opening):
        return False
    negotiated = (
        _MADE_BETWEEN.search(opening) and _EMPLOYMENT.search(opening) and not _TERMS_TITLE.search(title[:40])
    )
    return bool(_READER.search(text)) and not negotiated


def _is_policy(text: str) -> bool:
    """Tell whether a text calls itself a privacy policy and never terms, which a menu above it may name."""
    return not _THESE_TERMS.search(text) and len(_THIS_POLICY.findall(text)) > 1


def _is_between_businesses(text: str) -> bool:
    """Tell whether terms speak of who orders and who supplies, not to a reader, and name no consumer."""
    if len(_ORDERER.findall(text)) < OFTEN or len(_SPOKEN_TO.findall(text)) >= OFTEN:
        return False
    return not _names_consumers(text) and (_SUPPLIER.search(text) or _ENGLISH.search(text)) is not None


def _is_made_for_a_trade(text: str) -> bool:
    """Tell whether a service is made for people of a trade, who use it in theirs, or for organisations.

    One that is for private people, too, or whose terms name a consumer, is not.
    """
    if _ACTS_IN_TRADE.search(text) and not _ACTS_PRIVATELY.search(text):
        return True
    if _names_consumers(text):
        return False
    opening = text[:_DESCRIBED]
    made = _MADE_FOR.finditer(opening) if _OWN_TRADE.search(text) else ()
    for match in (*made, *_IS_ENTITY.finditer(opening)):
        start, end = sentence_of(text, match.span(), REACH)
        if not _PRIVATE_PERSON.search(text[start : end + _AND_NEXT]):
            return True
    ordered = len(_ORDERER.findall(text)) > len(_SPOKEN_TO.findall(text))
    return ordered and len(_ORDER_FORM.findall(text)) >= OFTEN


def speaks_of_private_people(view: RuleInput) -> Iterator[Span]:
    """Find that terms speak of consumers, private use, age or parents, as those for private people do."""
    if _PRIVATE_USE.search(_without_laws(plain(view.original or view.text))):
        yield 0, min(len(view.text), 1)


def _names_consumers(text: str) -> bool:
    return _CONSUMER.search(_without_laws(text)) is not None


@lru_cache(maxsize=4)
def _without_laws(text: str) -> str:
    """Leave out what is no sign of consumers: the names of laws that protect them."""
    return str(_LAW_OF_CONSUMERS.sub("", text))
