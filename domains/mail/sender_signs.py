"""Sender authentication rules: From, Reply-To, SPF and DKIM, links."""

from __future__ import annotations

from collections.abc import Iterable

from docassay.domains import RuleInput, Span
from docassay.domains.mail.brands import posed_as
from docassay.domains.mail.lookalike import ADDRESS, alike
from docassay.domains.mail.message import message
from docassay.domains.mail.names import KNOWN, is_domain, owner
from docassay.domains.mail.rewritten import is_rewriter
from docassay.domains.mail.traits import MAILBOXES, Trait, traits
from docassay.domains.patterns import compiled

_SHOWN_HOST = compiled(r"(?i)^\W*(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:[/:][^\s?]*)?\W*$")
_PICTURE = compiled(
    r"(?i)\[(?:https?://|cid:|data:|image)[^\]]*\]|\bhttps?://\S+\.(?:png|jpe?g|gif|bmp|webp|svg)\b\S*"
)
_FAILED_SPF = compiled(r"(?im)^Received-SPF:\s*(fail)\b")
_LONGEST_ABOUT = 6_000
_PAYMENT = compiled(
    r"(?i)\b(?:invoice|payment|wire|bank (?:details|account)|remit(?:tance)?|"
    r"transfer (?:of )?(?:funds|the)|IBAN|beneficiary|inheritance|compensation fund)\b"
)
MANY_POINTS = 3
"""Points of traits of sending and linking from which on a mail is suspect, whatever it says."""

# The first is a sign by itself, the others are found in the words of honest newsletters, too.
_NOT_COUNTED = frozenset({"brand_in_name", "brand_in_body", "stranger", "pressure", "message_link"})


_TELLING = frozenset(
    {"random_sender", "random_link", "short_link", "numeric_link", "stored_page", "cheap_link"}
)
_MOST_SHOWN = 50


def brand_impersonation(view: RuleInput) -> Iterable[Span]:
    """Find a sender who bears the name of a well-known company or authority and writes from elsewhere.

    ``Ada via DocuSign`` and ``Smith v. Amazon`` are left alone.
    """
    return [span for _, span in posed_as(view.text)]


def display_name_spoof(view: RuleInput) -> Iterable[Span]:
    """Find a sender whose display name is an address of another organisation than the real one."""
    for sender in message(view.text).senders:
        for shown in ADDRESS.finditer(sender.name):
            if owner(shown.group(1)) != sender.owner:
                start = sender.name_span[0]
                yield start + shown.start(), start + shown.end()


def reply_to_mismatch(view: RuleInput) -> Iterable[Span]:
    """Find a Reply-To address of another organisation than the sender's, where that is suspect.

    Newsletters and ticket systems answer elsewhere for good reason. Such an address is suspect when it leads
    to a free mailbox, to a domain that looks like the sender's, or away from a mail about a payment.
    """
    mail = message(view.text)
    senders = mail.sender_owners
    if not senders:
        return
    for reply in mail.replies:
        if reply.owner in senders or reply.owner in {one.owner for one in mail.recipients}:
            continue
        free = reply.owner in MAILBOXES and not senders & MAILBOXES
        if free or any(alike(reply.owner, sender) for sender in senders) or _about_payment(view):
            yield reply.span


def failed_authentication(view: RuleInput) -> Iterable[Span]:
    """Find results of SPF, DKIM and DMARC that say that the mail is not from whom it claims.

    A failed DMARC says so, unless SPF and DKIM both passed for another name, as with mailing services. A
    failed SPF or DKIM says so where nothing passed: forwarding breaks the one, mailing lists the other.
    A softfail alone says little (RFC 7208, section 8.5).
    """
    mail = message(view.text)
    passed = {method for method, result, _ in mail.verdicts if result == "pass"}
    for method, result, span in mail.verdicts:
        aligned_only = method == "dmarc" and {"spf", "dkim"} <= passed
        if result == "fail" and not aligned_only and (method == "dmarc" or not passed):
            yield span
    if not mail.verdicts:
        for match in _FAILED_SPF.finditer(view.text[: mail.body_start]):
            yield match.span(1)


def impossible_sender(view: RuleInput) -> Iterable[Span]:
    """Find a sender's address that nobody can have."""
    return [trait.span for trait in traits(view.text) if trait.name == "impossible_sender"]


def several_traits(view: RuleInput) -> Iterable[Span]:
    """Find the weightiest of a mail's traits of which each may be harmless and all together are not."""
    counted = _counted(view.text)
    if sum(trait.points for trait in counted) >= MANY_POINTS:
        yield max(counted, key=lambda trait: (trait.points, trait.name in _TELLING)).span


def traits_together(view: RuleInput, span: Span) -> str:
    """Name the traits that come together."""
    named = [
        f"{KNOWN['said_of'][t.name]} ({_shortened(view.text[slice(*t.span)])})" for t in _counted(view.text)
    ]
    return f"Here: {', '.join(named)}."


def _counted(text: str) -> list[Trait]:
    return [trait for trait in traits(text) if trait.points and trait.name not in _NOT_COUNTED]


def _shortened(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _MOST_SHOWN else words[: _MOST_SHOWN - 1] + "…"


def link_mismatch(view: RuleInput) -> Iterable[Span]:
    """Find links whose text is the address of one organisation and whose target is another's.

    Mailing services count clicks through their own domains. So a target within the sender's organisation is
    left alone, and so is one to which four links of the mail lead. A link that a mail security service wrote
    anew is taken for the one that it was, and left alone where that is hidden. The address of a picture
    (``[https://...]`` as mail programs write it) is none that a reader sees.
    """
    mail = message(view.text)
    links = [link for link in mail.links if link.words]
    for link in links:
        seen = _PICTURE.sub(" ", link.words).split()
        shown = _SHOWN_HOST.match(seen[-1]) if seen and not is_rewriter(link.host) else None
        name = shown and shown.group(1)[0].isupper()  # "Crucial.com" names a company
        if not shown or name or shown.group(1).count(".") == 0:
            continue
        claimed = owner(shown.group(1))
        counted = sum(other.owner == link.owner for other in links) >= 4
        if (
            claimed != link.owner
            and link.owner not in mail.sender_owners
            and not counted
            and is_domain(claimed)
        ):
            yield link.span


def _about_payment(view: RuleInput) -> bool:
    body = view.text[message(view.text).body_start :]
    return len(body) <= _LONGEST_ABOUT and sum(1 for _ in _PAYMENT.finditer(body)) >= 2
