"""Signs of fraud in short messages of a telephone, which have no headers: who wrote is a number or a name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.mail.brands import is_known, named_in_message, parted_in_message, spoken_for
from docassay.domains.mail.lookalike import poses
from docassay.domains.mail.message import MOST_OF_MESSAGE, WebLink, message
from docassay.domains.mail.names import label_of
from docassay.domains.mail.traits import is_anybodys
from docassay.domains.mail.wording import near, phrase_matches
from docassay.domains.patterns import compiled
from docassay.domains.typography import unaccented

WITHIN = 400
"""Most characters between what is said together, which may stand in several messages."""

_TO_ACT_WITHIN = 120
_NO_POSTAL = compiled(
    r"(?i)\b(?:e-?mail|mail|correo|[ée]lectr[óo]ni\w*|ip|mac|web\w*|site|url|internet|wallet)\b"
)
_BESIDE = 25
_TOLL_FREE = compiled(r"(?i)\btoll[- ]?free")
# What friends share, whose host tells that it is neither a form nor a page.
_SHARED = compiled(
    r"(?i)//(?:(?:maps|photos)\.app\.goo\.gl/|(?:docs|drive)\.google\.com/(?:document|spreadsheets|file|drive)\b)"
)
_LEAST_OF_NAME = 5
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_OF_PAY = 10
_CHARGE_WITHIN = 200
_RING_WITHIN = 80
_READERS = compiled(
    r"(?i)\b(?:your|ihre?\w?|votre|su|tu|seu|sua|suo|tuo|tua|uw|je|jouw)\b|^(?:has|have|we)\b"
)
_SHUT = compiled(
    r"(?i)suspend|suspens|sospes|locked|bloqu|blocc|blockiert|geblokk|gesperrt|verrouill|disab|restrict"
    r"|restring|restreint|restrit|eingeschr|frozen|d[eé]s?-?activ|desativ|disattiv|deaktiv|opgeschort|bevroren"
)


def relative_in_need(view: RuleInput) -> Iterable[Span]:
    """Find somebody with a new number who wants a payment."""
    number = _said(view.text, "new_number")
    return number[:1] if near(number, phrase_matches(view.text, "money_wanted"), WITHIN) else ()


def code_request(view: RuleInput) -> Iterable[Span]:
    """Find the request to hand on a code that came by message."""
    return () if phrase_matches(view.text, "warning") else _said(view.text, "code_wanted")[:1]


def paid_for_tasks(view: RuleInput) -> Iterable[Span]:
    """Find a stranger's pay for easy tasks, a picture or a sticker, or for a job or gains behind a link."""
    text = view.text
    paid, to_muse = phrase_matches(text, "per_day"), _said(text, "pay_to_muse")
    lent = _said(text, "muse") if to_muse and len(text) <= MOST_OF_MESSAGE else ()
    lent = lent or (_said(text, "sticker_on_car") if near(to_muse, paid, _OF_PAY) else ())
    if near(lent, to_muse, WITHIN):
        return lent[:1]
    tasks = _said(text, "easy_task")
    if near(tasks, paid, WITHIN):
        return tasks[:1]
    offered = _said(text, "offered_task") if message(text).links else ()
    to_reader = near(offered, phrase_matches(text, "pay_to_reader"), WITHIN)
    return offered[:1] if to_reader and near(offered, paid, WITHIN) else ()


def brand_elsewhere(view: RuleInput) -> Iterable[Span]:
    """Find an organisation that a short message speaks for, or disguises, while its links lead elsewhere."""
    mail = message(view.text)
    if mail.body_start or not mail.links or len(view.text) > MOST_OF_MESSAGE:
        return ()
    disguised = parted_in_message(view.text) if leads_to(view.text) else ()
    named = [span for _, span in (*spoken_for(view.text), *disguised)]
    joined = [link.span for link in mail.links if poses(link.owner)]
    return (named or joined)[:1]


def parcel_or_toll(text: str) -> tuple[Span, ...]:
    """Find an address, a new delivery or a toll that a message wants through a link of nobody known."""
    if not _strange_links(text):
        return ()
    unclear = tuple(
        (start, stop)
        for start, stop in _said(text, "address_wanted")
        if not _NO_POSTAL.search(text[max(0, start - _BESIDE) : stop + _BESIDE].partition("http")[0])
    )
    if leads_to(text, "to_act") and near(unclear, phrase_matches(text, "delivery"), WITHIN):
        return unclear[:1]
    for due, act in (("delivery_failed", "to_redeliver"), ("toll_due", "")):
        found = tuple(span for span in _said(text, due) if not _TOLL_FREE.search(text[span[0] : span[1] + 5]))
        if found and leads_to(text, act):
            return found[:1]
    return ()


def locked_out(text: str) -> tuple[Span, ...]:
    """Find the account or card that is locked, or the charge to deny, beside a link of nobody known."""
    links = _strange_links(text)
    if not links:
        return ()
    said = ((span, text[slice(*span)]) for span in _said(text, "credentials"))
    shut = [span for span, words in said if _SHUT.search(words) and _READERS.search(words)]
    return tuple(span for span in (*shut, *_charged(text)) if near((span,), links, _TO_ACT_WITHIN))


def unordered(text: str) -> tuple[Span, ...]:
    """Find the order that was paid, with nothing but a number to call for who ordered nothing."""
    if len(text) > MOST_OF_MESSAGE or message(text).links:
        return ()
    return _said(text, "ordered")[:1] if near(_charged(text), _said(text, "ring"), _RING_WITHIN) else ()


def _charged(text: str) -> tuple[Span, ...]:
    """Find the denial of a charge that the reader is invited to."""
    charge = _said(text, "charge")
    return tuple(span for span in _said(text, "not_mine") if near((span,), charge, _CHARGE_WITHIN))


def leads_to(text: str, act: str = "") -> bool:
    """Tell whether a message has a link of nobody known, beside the wording of what is to be done there."""
    links = _strange_links(text)
    return bool(near(links, _said(text, act), _TO_ACT_WITHIN) if act else links)


@lru_cache(maxsize=4)
def _strange_links(text: str) -> tuple[Span, ...]:
    """Find the links of a message that lead to nobody known, or that the reader is to open by hand."""
    if message(text).body_start or len(text) > MOST_OF_MESSAGE:
        return ()
    links = tuple(link.span for link in message(text).links if _is_strange(link, text))
    return links or _said(text, "opened_by_hand")


def _is_strange(link: WebLink, text: str) -> bool:
    """Tell whether a link leads to no known organisation, nor to the shop that a message says it comes from.

    Whoever names a known organisation and leads elsewhere is no shop.
    """
    if _SHARED.search(link.target):
        return False
    if is_anybodys(link):
        return True
    if is_known(link.host, link.owner):
        return False
    if any(spoken_for(text)) or any(named_in_message(text)):
        return True
    said = text
    for other in message(text).links:
        said = said.replace(text[slice(*other.span)], " ")
    said = f"{unaccented(said)} {said.lower().translate(_UMLAUTS)}"
    label = "".join(filter(str.isalnum, unaccented(label_of(link.owner)).lower()))
    if len(label) < _LEAST_OF_NAME:  # that of a bank may be as short as its name
        return not re2.search(rf"(?i)\b{re2.escape(label)}\b", said)
    return label not in "".join(filter(str.isalnum, said.lower()))


def _said(text: str, wording: str) -> tuple[Span, ...]:
    """Find a wording in a text without the headers of a mail."""
    return () if message(text).body_start else phrase_matches(text, wording)
