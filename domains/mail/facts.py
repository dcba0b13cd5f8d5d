"""What the headers of a mail state: who sent it, where answers go, when it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.mail.message import Mailbox, header_spans, message
from docassay.domains.outline import trim
from docassay.domains.values import FIGURE, Habits, read


def sender(view: RuleInput) -> Iterator[Found]:
    """Find the address of the sender, with the name that it shows as its role."""
    yield from _mailboxes(message(view.text).senders[:1])


def reply_to(view: RuleInput) -> Iterator[Found]:
    """Find the addresses to which answers go."""
    yield from _mailboxes(message(view.text).replies)


def recipients(view: RuleInput) -> Iterator[Found]:
    """Find the addresses to which it was sent, copies too."""
    yield from _mailboxes(message(view.text).recipients)


_CURRENCY = r"(?:(?<![^\W\d_])(?:AUD|CAD|CHF|EUR|GBP|JPY|USD|Euro)(?![^\W\d_])|[€$£])"
_FIGURE = FIGURE + r"(?![ \u00a0]?(?i:million|mio|mrd|milliard|bn\b|billion|thousand|tsd|k\b|m\b))"
_AMOUNT = re.compile(
    rf"(?P<sign>(?<!\w)-[ ]?)?{_CURRENCY}[ \u00a0]?(?P<after>{_FIGURE})"
    rf"|(?<!\d[-–])(?P<before>{_FIGURE})[ \u00a0]?{_CURRENCY}"
)
_SPACED = re.compile(r"\d \d")


def amounts(view: RuleInput) -> Iterator[Found]:
    """Find amounts of money, the whole of a number with its sign, before or behind a currency.

    Where a plain space stands in one it may be two numbers, and is not sure.
    """
    habits = Habits(view.text, "")
    for match in _AMOUNT.finditer(view.text):
        name = "after" if match["after"] else "before"
        start = match.start("sign") if match["sign"] else match.start(name)
        # Of "-$50.00" the sign belongs to the figure.
        worked_out = f"-{read('amount', match[name], habits).normalised}" if match["sign"] else None
        yield Found(start, match.end(name), worked_out, sure=not _SPACED.search(match[name]))


def _mailboxes(some: tuple[Mailbox, ...]) -> Iterator[Found]:
    for mailbox in some:
        yield Found(*mailbox.span, role=" ".join(mailbox.name.split()) or None)


def sent(view: RuleInput) -> Iterator[Span]:
    """Find when it was sent, as its header says."""
    head = message(view.text).body_start
    yield from (trim(view.text, *span) for span in header_spans(view.text, head, "Date"))
