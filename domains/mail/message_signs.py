"""Signs of fraud in short messages of a telephone, which have no headers: who wrote is a number or a name."""

from __future__ import annotations

from collections.abc import Iterable

from docassay.domains import RuleInput, Span
from docassay.domains.mail.brands import is_known, spoken_for
from docassay.domains.mail.message import MOST_OF_MESSAGE, message
from docassay.domains.mail.wording import near, phrase_matches

WITHIN = 400
"""Most characters between what is said together, which may stand in several messages."""


def relative_in_need(view: RuleInput) -> Iterable[Span]:
    """Find somebody with a new number who wants a payment."""
    number = _said(view.text, "new_number")
    return number[:1] if near(number, phrase_matches(view.text, "money_wanted"), WITHIN) else ()


def code_request(view: RuleInput) -> Iterable[Span]:
    """Find the request to hand on a code that came by message."""
    return () if phrase_matches(view.text, "warning") else _said(view.text, "code_wanted")[:1]


def paid_for_tasks(view: RuleInput) -> Iterable[Span]:
    """Find daily pay for easy tasks or for pictures to draw from, offered by a stranger."""
    tasks = _said(view.text, "easy_task")
    if near(tasks, phrase_matches(view.text, "per_day"), WITHIN):
        return tasks[:1]
    pictures = _said(view.text, "your_pictures")
    return pictures[:1] if near(pictures, phrase_matches(view.text, "art_for_pay"), WITHIN) else ()


def brand_elsewhere(view: RuleInput) -> Iterable[Span]:
    """Find an organisation that a short message speaks for while its links lead elsewhere."""
    mail = message(view.text)
    if mail.body_start or not mail.links or len(view.text) > MOST_OF_MESSAGE:
        return ()
    return [span for _, span in spoken_for(view.text)][:1]


def address_wanted(text: str) -> tuple[Span, ...]:
    """Find the address that a message of a parcel lacks, where its link is that of no known carrier."""
    unclear = _said(text, "address_wanted") if len(text) <= MOST_OF_MESSAGE else ()
    if not unclear or all(is_known(link.host, link.owner) for link in message(text).links):
        return ()
    return unclear[:1] if near(unclear, phrase_matches(text, "delivery"), WITHIN) else ()


def _said(text: str, wording: str) -> tuple[Span, ...]:
    """Find a wording in a text without the headers of a mail."""
    return () if message(text).body_start else phrase_matches(text, wording)
