"""What a model sees of a mail: its subject and body as they are read, and traits that any mail may have.

Host names, addresses and dates are left out, since they tell a collection of mails rather than a fraud.
"""

from __future__ import annotations

from docassay.domains.mail.brands import without_brands
from docassay.domains.mail.message import MOST_OF_MESSAGE, message
from docassay.domains.mail.names import label_of
from docassay.domains.mail.traits import looks_random, traits
from docassay.domains.mail.wording import phrase_matches, words
from docassay.domains.patterns import compiled
from docassay.domains.typography import unaccented
from docassay.languages.chats import LINE

MOST_CHARS = 8_000
"""How far into a body a model reads."""

TRAITS = frozenset({"brand_in_name", "brand_in_body", "free_sender", "stranger"})
"""Traits that are given to the model: those that mails for training show, too."""

LINK_TRAITS = frozenset(
    {
        "short_link",
        "hosted_link",
        "cheap_link",
        "random_link",
        "numeric_link",
        "redirecting_link",
        "message_link",
    }
)
"""Traits of links that are given to the model of messages, whose training texts have links."""

OF_RULES = frozenset(
    {
        "address_wanted",
        "charge",
        "code_wanted",
        "delivery",
        "delivery_failed",
        "easy_task",
        "loss_threatened",
        "money_wanted",
        "muse",
        "new_number",
        "not_asked",
        "not_mine",
        "offered_task",
        "opened_by_hand",
        "ordered",
        "pay_to_muse",
        "pay_to_reader",
        "per_day",
        "public_payment",
        "ring",
        "sticker_on_car",
        "to_act",
        "to_claim",
        "to_redeliver",
        "toll_due",
    }
)
"""Wordings that only rules ask: each is common in honest texts, and told to the model they did harm."""

DISGUISED = "trait disguised_letters"
"""What is said of a mail whose letters are disguised (`domains.disguise`)."""

_ADDRESSES = compiled(
    r"(?i)<[^<>\s]+>|\b(?:https?://|www\.|hxxps?)\S+|\S{1,80}@\S{1,80}|\[(?:image|cid)[^\]]*\]"
)
_QUOTED = compiled(
    r"(?im)^\s*>.*$|^.*\b(?:wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto) ?:\s*$|^URL:.*$"
    r"|^.*\b(?:mailing list|listinfo|mailman)\b.*$|^[_=-]{10,}\s*$"
)
_SIGNATURE = compiled(r"\n-- ?\n")
_LEFT_OUT = compiled(
    r"(?i)\b(?:(?:jan|febr)uary|march|april|june|july|august|(?:sept|nov|dec)ember|october"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed"
    r"|thu|fri|[a-z]{28,})\b"
)

LONGEST_MESSAGE = 600
"""Most characters of one message of a telephone."""

_HEADER = compiled(r"(?im)^[ *>]*(?:from|de|von|da|van|to|subject|sent|date) ?: .{3,}$")
_LETTERS = compiled(r"[a-z]+")
_LEAST_LABEL = 4
_KNOWN_SUFFIXES = frozenset({"com", "org", "net", "edu", "gov", "info"})
_FIGURES_IN_WORD = compiled(r"[A-Za-z][|$_][A-Za-z]|\b[A-Z]+[0134][A-Z]{2,}|\b[0134][A-Z]{3,}")
_SPLIT = compiled(r"[a-z]{1,8}\.[a-z]{1,8}\b")
_NUMBER = compiled(r"\+\d[\d ()-]{8,}\d|\b1?[ -]?\(?\d{3}\)?[ -]?\d{3}[ -]?\d{4}\b")


def model_text(text: str) -> str:
    """Give the subject and the body of a mail without addresses, links and quoted lines."""
    mail = message(text)
    subject = text[slice(*mail.subject)] if mail.subject else ""
    body = text[mail.body_start : mail.body_start + 2 * MOST_CHARS]
    signature = _SIGNATURE.search(body)
    return readable(f"{subject}\n{body[: signature.start()] if signature else body}")[:MOST_CHARS]


def readable(passage: str) -> str:
    """Give a passage of a mail as a model reads it."""
    plain = unaccented(_ADDRESSES.sub(" ", _QUOTED.sub(" ", LINE.sub("", passage))))
    return without_brands(_LEFT_OUT.sub(" ", plain))


def feature_strings(text: str, disguised: bool = False) -> list[str]:
    """List what else is known of a mail: its traits, what it says in any language, and if it has links.

    Args:
        text: The mail, as a person sees it.
        disguised: Its letters were disguised as it was written.
    """
    found = [DISGUISED] * disguised
    found += [f"trait {trait.name}" for trait in traits(text) if trait.name in TRAITS]
    found += [f"says {name}" for name in words() if name not in OF_RULES and phrase_matches(text, name)]
    found.append("links" if message(text).links else "no links")
    return [*found, *message_strings(text)]


def message_strings(text: str) -> list[str]:
    """List what a message of a telephone shows beside its words: its links, and letters that hide.

    A text with the headers of a mail, or longer than a message and no chat, gives nothing.
    """
    mail = message(text)
    if mail.body_start or len(text) > (MOST_OF_MESSAGE if LINE.match(text) else LONGEST_MESSAGE):
        return []
    if _QUOTED.search(text) or _HEADER.search(text):
        return []
    plain, position = "", 0
    for link in sorted(mail.links, key=lambda link: link.span):
        plain += text[position : link.span[0]]
        position = max(position, link.span[1])
    plain = _ADDRESSES.sub(" ", plain + text[position:])
    found = [f"message {trait.name}" for trait in traits(text) if trait.name in LINK_TRAITS]
    squeezed = "".join(_LETTERS.findall(unaccented(plain).lower()))
    for link in mail.links:
        label = "".join(_LETTERS.findall(label_of(link.owner).lower()))
        named = len(label) >= _LEAST_LABEL and label in squeezed
        found.append("message link of who is named" if named else "message link of another")
        if looks_random(link.target.rstrip("/").rpartition("/")[2]):
            found.append("message link of signs")
        if not link.target.lower().startswith("https"):
            found.append("message link without scheme or plain")
        name, _, suffix = link.owner.rpartition(".")
        kind = suffix if suffix in _KNOWN_SUFFIXES else "of a country" if len(suffix) == 2 else "another"
        found.append(f"message link under {kind}")
        found += ["message link with a hyphen"] * ("-" in name)
        found += ["message link with a figure"] * any(c.isdigit() for c in name)
    found += ["message without link"] * (not mail.links)
    found += ["message figures in words"] * bool(_FIGURES_IN_WORD.search(plain))
    found += ["message split words"] * (len(_SPLIT.findall(plain)) > 1)
    found += ["message number to call"] * bool(_NUMBER.search(plain))
    return found
