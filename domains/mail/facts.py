"""What the headers of a mail state: who sent it, where answers go, when it was sent."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.mail.message import Mailbox, header_spans, message
from docassay.domains.outline import trim


def sender(view: RuleInput) -> Iterator[Found]:
    """Find the address of the sender, with the name that it shows as its role."""
    yield from _mailboxes(message(view.text).senders[:1])


def reply_to(view: RuleInput) -> Iterator[Found]:
    """Find the addresses to which answers go."""
    yield from _mailboxes(message(view.text).replies)


def recipients(view: RuleInput) -> Iterator[Found]:
    """Find the addresses to which it was sent, copies too."""
    yield from _mailboxes(message(view.text).recipients)


def _mailboxes(some: tuple[Mailbox, ...]) -> Iterator[Found]:
    for mailbox in some:
        yield Found(*mailbox.span, role=" ".join(mailbox.name.split()) or None)


def sent(view: RuleInput) -> Iterator[Span]:
    """Find when it was sent, as its header says."""
    head = message(view.text).body_start
    yield from (trim(view.text, *span) for span in header_spans(view.text, head, "Date"))
