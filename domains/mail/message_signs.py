"""Signs of fraud in short messages of a telephone, which have no headers: who wrote is a number or a name."""

from __future__ import annotations

from collections.abc import Iterable

from docassay.domains import RuleInput, Span
from docassay.domains.mail.brands import is_known, named_in_message, spoken_for
from docassay.domains.mail.message import MOST_OF_MESSAGE, WebLink, message
from docassay.domains.mail.names import label_of
from docassay.domains.mail.traits import is_anybodys
from docassay.domains.mail.wording import near, phrase_matches
from docassay.domains.patterns import compiled

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


def relative_in_need(view: RuleInput) -> Iterable[Span]:
    """Find somebody with a new number who wants a payment."""
    number = _said(view.text, "new_number")
    return number[:1] if near(number, phrase_matches(view.text, "money_wanted"), WITHIN) else ()


def code_request(view: RuleInput) -> Iterable[Span]:
    """Find the request to hand on a code that came by message."""
    return () if phrase_matches(view.text, "warning") else _said(view.text, "code_wanted")[:1]


def paid_for_tasks(view: RuleInput) -> Iterable[Span]:
    """Find daily pay for easy tasks, or a job or gains a day behind a link, offered by a stranger."""
    text = view.text
    paid = phrase_matches(text, "per_day")
    tasks = _said(text, "easy_task")
    if near(tasks, paid, WITHIN):
        return tasks[:1]
    offered = _said(text, "offered_task") if message(text).links else ()
    to_reader = near(offered, phrase_matches(text, "pay_to_reader"), WITHIN)
    return offered[:1] if to_reader and near(offered, paid, WITHIN) else ()


def brand_elsewhere(view: RuleInput) -> Iterable[Span]:
    """Find an organisation that a short message speaks for while its links lead elsewhere."""
    mail = message(view.text)
    if mail.body_start or not mail.links or len(view.text) > MOST_OF_MESSAGE:
        return ()
    return [span for _, span in spoken_for(view.text)][:1]


def parcel_or_toll(text: str) -> tuple[Span, ...]:
    """Find an address, a new delivery or a toll that a message wants through a link of nobody known."""
    if len(text) > MOST_OF_MESSAGE or not message(text).links:
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


def leads_to(text: str, act: str = "") -> bool:
    """Tell whether a message has a link of nobody known, beside the wording of what is to be done there."""
    if message(text).body_start or len(text) > MOST_OF_MESSAGE:
        return False
    links = tuple(link.span for link in message(text).links if _is_strange(link, text))
    return bool(near(links, _said(text, act), _TO_ACT_WITHIN) if act else links)


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
    label, said = (
        "".join(filter(str.isalnum, part.lower()))
        for part in (label_of(link.owner), text[: link.span[0]] + text[link.span[1] :])
    )
    return len(label) < _LEAST_OF_NAME or label not in said


def _said(text: str, wording: str) -> tuple[Span, ...]:
    """Find a wording in a text without the headers of a mail."""
    return () if message(text).body_start else phrase_matches(text, wording)
