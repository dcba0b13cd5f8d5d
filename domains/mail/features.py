"""What a model sees of a mail: its subject and body as they are read, and traits that any mail may have.

Host names, addresses and dates are left out, since they tell a collection of mails rather than a fraud.
"""

from __future__ import annotations

import re2

from docassay.domains.mail.brands import without_brands
from docassay.domains.mail.message import message
from docassay.domains.mail.plain_letters import unaccented
from docassay.domains.mail.traits import traits
from docassay.domains.mail.wording import phrase_matches, words
from docassay.languages.chats import LINE

MOST_CHARS = 8_000
"""How far into a body a model reads."""

TRAITS = frozenset({"brand_in_name", "brand_in_body", "free_sender", "stranger"})
"""Traits that are given to the model: those that mails for training show, too."""

OF_RULES = frozenset({"new_number", "money_wanted", "code_wanted", "easy_task", "per_day"})
"""Wordings that only rules ask: each is common in honest texts, and told to the model they did harm."""

DISGUISED = "trait disguised_letters"
"""What is said of a mail whose letters are disguised (`domains.disguise`)."""

_ADDRESSES = re2.compile(
    r"(?i)<[^<>\s]+>|\b(?:https?://|www\.|hxxps?)\S+|\S{1,80}@\S{1,80}|\[(?:image|cid)[^\]]*\]"
)
_QUOTED = re2.compile(
    r"(?im)^\s*>.*$|^.*\b(?:wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto) ?:\s*$|^URL:.*$"
    r"|^.*\b(?:mailing list|listinfo|mailman)\b.*$|^[_=-]{10,}\s*$"
)
_SIGNATURE = re2.compile(r"\n-- ?\n")
_LEFT_OUT = re2.compile(
    r"(?i)\b(?:(?:jan|febr)uary|march|april|june|july|august|(?:sept|nov|dec)ember|october"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed"
    r"|thu|fri|[a-z]{28,})\b"
)


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
    return found
