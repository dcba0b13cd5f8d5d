"""Signs of fraud in what a mail asks for, together with how it was sent.

Honest mail asks to confirm an account or to pay a fee, too. So most signs need both: the request in words of
one of six languages, and traits that the honest sender's mail does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docassay.domains import RuleInput, Span
from docassay.domains.mail.brands import named_in_message, spoken_for
from docassay.domains.mail.message import message
from docassay.domains.mail.message_signs import leads_to, locked_out, parcel_or_toll, unordered
from docassay.domains.mail.traits import has, points, through_service
from docassay.domains.mail.wording import near, phrase_matches
from docassay.domains.outline import trim
from docassay.domains.patterns import compiled

SHORT_CHARS = 1_500
"""Most characters of the body of a mail that a person writes to get a thing done at once."""

LONG_CHARS = 6_000
"""Most characters of a body in which wordings that stand apart are taken together: not a newsletter."""

LURES = ("casino", "dating", "cure", "storage", "investment", "prize", "sales_lure")
STRONG_LURES = LURES[:5]
FEW_TRAITS, MORE_TRAITS = 2, 3
"""Points of traits that a request, or a weaker lure, must come with."""

_DISGUISES = (
    "short_link",
    "numeric_link",
    "hosted_link",
    "redirecting_link",
    "cheap_link",
    "random_link",
)
"""Traits of a message that nothing it says excuses."""

AUTHORITY_WITHIN = 300
"""Most characters between an authority and what it is said to demand."""

_GUARANTEE = compiled(
    r"(?i)\b(?:sem|sin|sans|no|without|ohne|keine?|senza|non|\d+[- ]days?|money[- ]back|for a)"
    r"(?:\s[^\s.]+){0,3}$"
)
_OF_ITSELF = compiled(
    r"(?i)^[^.\n]{0,30}\b(?:autom[aá]tic\w*|automatisch\w*|automatique\w*|if applicable|se aplicável)"
)
_COINS = compiled(
    r"(?i)\b(?:wallets?|crypto\w*|(?:bit)?coins?|tokens?|blockchain|ledger|trezor|metamask|exodus|nft|btc"
    r"|eth|usdt)\b"
)
_ADDRESS_ALONE = compiled(r"(?i)\be-?mail[- ]?add?ress[e]?\b|\badresse (?:e-?mail|électronique)\b")
_OF_ADDRESS = len(" address")
_VAGUE = compiled(r"(?i)^(?:air ?drop\w*|kyc)$")
_MOST_OF_LINE = 160
_WARNED = compiled(r"(?i)\b(?:keep|never|do not|don.t) (?:\w+ ){0,3}$")


def credential_request(view: RuleInput) -> Iterable[Span]:
    """Find the request to confirm an account, a card or a person through a link of a suspect mail.

    In a message, one that is locked, or a charge to deny, beside a link of nobody known is enough.
    """
    text = view.text
    asked = phrase_matches(text, "credentials")
    if phrase_matches(text, "warning") or (asked and _is_routine(text, asked)):
        return ()
    return asked if asked and _is_suspect(text) else locked_out(text)


def _is_routine(text: str, asked: Sequence[Span]) -> bool:
    """Tell whether a message without threat or disguise asks nothing, or to confirm an address alone."""
    address_alone = all(_ADDRESS_ALONE.search(text[start : stop + _OF_ADDRESS]) for start, stop in asked)
    if message(text).body_start or not (address_alone or phrase_matches(text, "not_asked")):
        return False
    if has(text, *_DISGUISES) or phrase_matches(text, "loss_threatened"):
        return False
    return not any(spoken_for(text)) and not any(named_in_message(text))


def wallet_theft(view: RuleInput) -> Iterable[Span]:
    """Find what is asked of the owner of a wallet: its phrase, a connection, a claim through a link.

    A private key may be a server's: something has to speak of coins, too. Where only a word such as
    "airdrop" stands, its line says what is meant.
    """
    text = view.text
    asked = [span for span in phrase_matches(text, "wallet") if not _warned(text, span)]
    if not asked or not _is_suspect(text) or not _COINS.search(text):
        return ()
    told = [span for span in asked if not _VAGUE.search(text[slice(*span)])]
    return told or [_line(text, asked[0])]


def delivery_or_toll_fee(view: RuleInput) -> Iterable[Span]:
    """Find a parcel or a toll that waits for a fee or a confirmation behind a link of a suspect mail.

    In a message, an address to correct, a delivery to arrange or a toll that is due is enough.
    """
    text = view.text
    held = phrase_matches(text, "parcel")
    wanted = phrase_matches(text, "small_fee") or (
        phrase_matches(text, "click") and has(text, "brand_in_name", "brand_in_body")
    )
    return held if held and wanted and _is_suspect(text) else parcel_or_toll(text)


def refund_through_link(view: RuleInput) -> Iterable[Span]:
    """Find a refund to be collected through a link of a suspect mail, or, in a message, of nobody known."""
    text = view.text
    offered = [
        span
        for span in (*phrase_matches(text, "refund"), *phrase_matches(text, "public_payment"))
        if not _is_guarantee(text, span) and not _OF_ITSELF.search(text[span[1] :][:60])
    ]
    return offered if offered and (_is_suspect(text) or leads_to(text, "to_claim")) else ()


def authority_demand(view: RuleInput) -> Iterable[Span]:
    """Find what an authority is said to demand through a link of a suspect mail, near its name."""
    text = view.text
    named = phrase_matches(text, "authority")
    for wording in ("small_fee", "credentials"):
        demanded = [span for span in phrase_matches(text, wording) if near((span,), named, AUTHORITY_WITHIN)]
        if demanded:
            return demanded if _is_suspect(text) else ()
    return ()


def advance_fee(view: RuleInput) -> Iterable[Span]:
    """Find a fortune that waits for an answer: an inheritance, a fund, a donation of a large sum."""
    text = view.text
    fortune, contact = phrase_matches(text, "fortune"), phrase_matches(text, "contact_me")
    if not near(fortune, contact, 600) or len(text) - message(text).body_start > 2 * LONG_CHARS:
        return ()
    several = len({text[start:stop].lower() for start, stop in fortune}) >= 2
    traits = points(text, "pressure", "brand_in_body")
    sure = near(fortune, phrase_matches(text, "large_sum"), 800) and (
        traits >= 1 or (several and not _is_long(text))
    )
    hidden = has(text, "free_reply", "hidden_recipients", "free_contact")
    return fortune if sure or (traits >= 2 and hidden and not _is_long(text)) else ()


def extortion(view: RuleInput) -> Iterable[Span]:
    """Find the threat to publish or destroy what was stolen, unless a ransom is paid in a cryptocurrency."""
    text = view.text
    threat = phrase_matches(text, "extortion")
    together = near(threat, phrase_matches(text, "exposure"), 1_500) and near(
        threat, phrase_matches(text, "ransom"), 3_000
    )
    return threat if together and not _is_long(text) else ()


def payroll_redirection(view: RuleInput) -> Iterable[Span]:
    """Find an employee's request by mail to send the salary to another account."""
    text = view.text
    asked = phrase_matches(text, "payroll")
    return (
        asked
        if asked and _is_short(text) and not _links(text) and not phrase_matches(text, "warning")
        else ()
    )


def changed_bank_details(view: RuleInput) -> Iterable[Span]:
    """Find the announcement that a payee's bank details have changed."""
    text = view.text
    changed = phrase_matches(text, "bank_change")
    return changed if changed and not phrase_matches(text, "warning") and not _is_long(text) else ()


def gift_card_payment(view: RuleInput) -> Iterable[Span]:
    """Find the request to buy gift cards and hand over their codes."""
    text = view.text
    cards = phrase_matches(text, "gift_cards")
    return (
        cards
        if near(cards, phrase_matches(text, "codes"), 400) and _is_short(text) and not _links(text)
        else ()
    )


def urgent_payment_request(view: RuleInput) -> Iterable[Span]:
    """Find a short personal request for a payment at once, with one more mark of an impostor.

    Marks are a sender who cannot be called, secrecy, an account given in the mail, and urgency in subject and
    body.
    """
    text = view.text
    payments, hurry = phrase_matches(text, "payment_task"), phrase_matches(text, "urgent")
    if not _is_short(text) or _links(text) or not near(payments, hurry, 250):
        return ()
    start = message(text).body_start
    marked = (
        phrase_matches(text, "unreachable")
        or phrase_matches(text, "secrecy")
        or phrase_matches(text, "account_given")
    )
    twice = any(a < start for a, _ in hurry) and any(a >= start for a, _ in hurry)
    return payments if marked or twice else ()


def contact_request(view: RuleInput) -> Iterable[Span]:
    """Find a short personal mail that asks for a telephone number, or for a moment, for a task in a hurry.

    A task that is named, a payment, is `urgent_payment_request`.
    """
    text = view.text
    if not _is_short(text) or _links(text):
        return ()
    task, hurry = phrase_matches(text, "task_wanted"), phrase_matches(text, "urgent")
    number = phrase_matches(text, "phone_number")
    if number and (task or hurry) and near(number, (*task, *hurry), 300):
        return number
    held = phrase_matches(text, "unreachable") or phrase_matches(text, "secrecy")
    return task if task and hurry and held and not urgent_payment_request(view) else ()


def job_or_loan_offer(view: RuleInput) -> Iterable[Span]:
    """Find an offer of work or of a loan to people whom its sender does not know."""
    text = view.text
    offered = phrase_matches(text, "job_or_loan")
    hidden = has(text, "free_reply", "hidden_recipients", "free_sender", "brand_in_name")
    return offered if offered and hidden and phrase_matches(text, "contact_me") and points(text) >= 2 else ()


def callback_renewal(view: RuleInput) -> Iterable[Span]:
    """Find the bill for a subscription that nobody ordered, with a telephone number to cancel it."""
    text = view.text
    named = phrase_matches(text, "tech_support")
    parts = [phrase_matches(text, wording) for wording in ("renewal", "price", "call_number", "to_cancel")]
    own = message(text).sender_owners and not has(text, "brand_in_name", "brand_in_body", "free_sender")
    billed = named and not own and all(near(named, part, 900) for part in parts)
    return named if billed else unordered(text)


def abused_service(view: RuleInput) -> Iterable[Span]:
    """Find a lure in a mail that a service sent for somebody who has an account there."""
    text = view.text
    if not through_service(message(text)) or _is_long(text):
        return ()
    for wording in ("wallet", "investment", "prize", "casino", "dating", "fortune"):
        if found := phrase_matches(text, wording):
            return found[:1]
    parts = [phrase_matches(text, wording) for wording in ("price", "call_number", "to_cancel")]
    return parts[1] if all(near(parts[1], part, 600) for part in parts) else ()


def unsolicited_lure(view: RuleInput) -> Iterable[Span]:
    """Find a prize, casino, acquaintance, cure or bargain that a suspect mail lures with."""
    text = view.text
    if not _links(text) or (_is_long(text) and not has(text, "brand_in_name")):
        return ()
    traits = points(text, "pressure", "brand_in_body", "free_contact") + has(text, "foreign_links")
    if traits < FEW_TRAITS:
        return ()
    lures: tuple[str, ...] = LURES[:-1] if traits >= MORE_TRAITS else STRONG_LURES
    if phrase_matches(text, "parcel") and phrase_matches(
        text, "small_fee"
    ):  # the payment that waits is the reader's own
        lures = tuple(lure for lure in lures if lure != "investment")
    found = sorted(span for lure in lures for span in phrase_matches(text, lure)[:3])
    # Haste and rebates show less than what they are for.
    return found or (phrase_matches(text, LURES[-1])[:3] if traits >= MORE_TRAITS else ())


def _is_suspect(text: str) -> bool:
    """Tell whether a mail leads somewhere, is about one thing, and has traits of a disguise."""
    if not _links(text) or (_is_long(text) and not has(text, "brand_in_name")):
        return False
    return points(text, "pressure") >= 1 and points(text) + has(text, "foreign_links") >= FEW_TRAITS


def _is_guarantee(text: str, span: Span) -> bool:
    """Tell whether a refund is denied, or what a shop grants to who sends its goods back."""
    return bool(_GUARANTEE.search(text[max(0, span[0] - 40) : span[1]]))


def _warned(text: str, span: Span) -> bool:
    """Tell whether a reader is told to keep something safe, which is not what a thief wants of it."""
    return bool(_WARNED.search(text[max(0, span[0] - 40) : span[0]]))


def _line(text: str, span: Span) -> Span:
    """Give the line that a span stands in, cut where it is long."""
    start, stop = text.rfind("\n", 0, span[0]) + 1, text.find("\n", span[1])
    start, stop = (
        max(start, span[0] - _MOST_OF_LINE),
        min(stop if stop >= 0 else len(text), span[1] + _MOST_OF_LINE),
    )
    return trim(text, start, stop)


def _links(text: str) -> bool:
    return bool(message(text).links)


def _is_short(text: str) -> bool:
    return len(text) - message(text).body_start <= SHORT_CHARS


def _is_long(text: str) -> bool:
    return len(text) - message(text).body_start > LONG_CHARS
