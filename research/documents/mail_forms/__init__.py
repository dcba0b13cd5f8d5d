"""Mails and short messages of our own: forms in seven languages, of which each gives many different texts.

A file holds the forms of one label, divided by lines of ``---``; those of short messages of a telephone stand
in files of their own. The first line of a form names its language and what it is, the second is the subject
(``-``: it has none). ``[one|another]`` is one of several wordings, ``{slot}`` an invented value.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SHORT = "sms_"
"""What the names of files and forms of short messages begin with."""

_LINK = "https://link.example/x"
_SHARED = (
    "bit.ly", "t.co", "maps.app.goo.gl", "photos.app.goo.gl", "docs.google.com/document/d", "forms.gle",
    "youtu.be", "en.wikipedia.org/wiki", "www.instagram.com/p", "zoom.us/j", "chat.whatsapp.com",
    "open.spotify.com/track", "www.eventbrite.com/e",
)  # fmt: skip
"""Hosts whose links people send each other."""

_SUFFIXES = [
    "com",
    "com",
    "info",
    "xyz",
    "top",
    "us",
    "online",
    "site",
    "shop",
    "live",
    "club",
    "link",
    "net",
]
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")

_LOCALES = {
    "en": "en_US en_GB",
    "de": "de_DE",
    "fr": "fr_FR",
    "es": "es_ES",
    "pt": "pt_BR pt_PT",
    "it": "it_IT",
    "nl": "nl_NL",
}
_MONTHS = {
    "en": "January March May June September November", "de": "Januar März Mai Juni September November",
    "fr": "janvier mars mai juin septembre novembre", "es": "enero marzo mayo junio septiembre noviembre",
    "pt": "janeiro março maio junho setembro novembro",
    "it": "gennaio marzo maggio giugno settembre novembre",
    "nl": "januari maart mei juni september november",
}  # fmt: skip
_MILLION = {
    "en": "million dollars", "de": "Millionen Euro", "fr": "millions d'euros", "es": "millones de dólares",
    "pt": "milhões de dólares", "it": "milioni di euro",
    "nl": "miljoen euro",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MailForm:
    """A form of a mail.

    Attributes:
        name: What it is, such as ``parcel``.
    """

    label: str
    language: str
    name: str
    subject: str
    body: str


def forms() -> Iterator[MailForm]:
    """Read the forms of all labels."""
    for path in sorted(FOLDER.glob("*.txt")):
        for block in path.read_text(encoding="utf-8").strip().split("\n---\n"):
            first, subject, body = block.split("\n", 2)
            language, name = first.split()
            label = path.stem.removeprefix(SHORT)
            yield MailForm(label, language, name if label == path.stem else SHORT + name, subject, body)


def filled(form: MailForm, dice: random.Random) -> str:
    """Give a mail of a form: choose its wordings, fill its slots, and write it as people and programs do."""
    subject, body = (_chosen(part, form.language, dice) for part in (form.subject, form.body))
    if form.name.startswith(SHORT):
        return _as_message(body.strip(), form, dice)
    if dice.random() < 0.4:
        subject = dice.choice(("Re: ", "RE: ", "Fwd: ", "AW: ", "", "", "")) + subject
    if dice.random() < 0.1:
        body = body.upper() if dice.random() < 0.2 else body.lower()
    return f"Subject: {subject.strip()}\n\n{body.strip()}"


def _as_message(body: str, form: MailForm, dice: random.Random) -> str:
    """Write a short message as its kind of sender does: its links, and letters that hide from filters."""
    honest = form.label == "legitimate"
    if not honest and dice.random() < 0.15:
        words = body.split(" ")
        for at in dice.sample(range(len(words)), min(3, len(words))):
            if len(words[at]) > 4 and words[at].isalpha():
                words[at] = dice.choice((_as_figures, _split))(words[at], dice)
        body = " ".join(words)
    if not honest and dice.random() < 0.1:
        body = (
            dice.choice(("FRM:{} MSG:", "(MSG#{}) ", "Alert-{}: ", "ID {} / ")).format(
                dice.randint(1000, 999_999)
            )
            + body
        )
    return body.replace(_LINK, _link(body, honest, form.language, dice))


def _as_figures(word: str, dice: random.Random) -> str:
    return word.translate(dice.choice((str.maketrans("aeio", "4310"), str.maketrans("aisl", "@!$1"))))


def _split(word: str, dice: random.Random) -> str:
    at = dice.randint(1, len(word) - 1)
    return f"{word[:at]}{dice.choice('.-')}{word[at:]}"


def _link(body: str, honest: bool, language: str, dice: random.Random) -> str:
    """Invent the link of a message: mostly at its sender's own name, or at one that says nothing of it."""
    own = "".join(re.findall(r"[a-z]+", body.partition(":")[0].lower()))[:16] or "page"
    fake = invented(language, dice)
    code = "".join(dice.choices("abcdefghkmnpqrstuvwxyzABCDEFGHKMNPRSTUVWXYZ23456789", k=dice.randint(5, 9)))
    word, other = fake.last_name().lower().split()[-1], fake.word().lower()
    country = {"en": "com", "pt": "com.br"}.get(language, language)
    if honest:
        suffix = dice.choice((country, "com", "net", "org", "co.uk", "io", "info"))
        host = dice.choice(
            (
                f"{own}.com",
                f"www.{own}.{country}",
                f"m.{own}.{suffix}",
                f"www.{word}-{other}.{suffix}",
                f"{own[:8]}-{word}.{suffix}",
                f"{word}{other}.{suffix}",
                f"{word}.{dice.choice(('blogspot.com', 'wordpress.com', 'github.io', 'web.app'))}",
                dice.choice(_SHARED),
                dice.choice(_SHARED),
            )
        )
        path = dice.choice((f"/{other}", f"/{other}/{dice.randint(100, 99_999)}", f"/{code}", ""))
    else:
        cheap = dice.choice(_SUFFIXES)
        host = dice.choice(
            (
                f"{own[:8]}-{other}.{cheap}",
                f"{word}{other}.{cheap}",
                f"{code.lower()}.{cheap}",
                f"{other}-{own[:6]}{dice.randint(1, 99)}.{cheap}",
                dice.choice(("bit.ly", "tinyurl.com", "cutt.ly", "t.co", "qrco.de", "is.gd")),
                dice.choice((f"{own[:8]}{other}.duckdns.org", f"{word}.web.app", f"{own[:6]}.wixsite.com")),
                "chat.whatsapp.com",
            )
        )
        path = dice.choice((f"/{code}", f"/{code}", f"/{other}", ""))
    return f"{dice.choice(('https://', 'https://', 'http://', ''))}{host.replace(chr(39), '')}{path}"


def _chosen(part: str, language: str, dice: random.Random) -> str:
    while match := _CHOICE.search(part):
        part = part[: match.start()] + dice.choice(match.group(1).split("|")) + part[match.end() :]
    return _SLOT.sub(lambda slot: _value(slot.group(1), language, dice), part)


def _value(slot: str, language: str, dice: random.Random) -> str:
    fake = invented(language, dice)
    first, last = fake.first_name(), fake.last_name()
    thousands = "," if language == "en" else "."
    decimal = "." if language == "en" else ","
    currency = dice.choice(("$", "USD ", "£")) if language == "en" else "R$ " if language == "pt" else ""
    after = "" if language in ("en", "pt") else " " + dice.choice(("€", "EUR", "Euro"))
    month = dice.choice(_MONTHS[language].split())
    figures = f"{dice.randint(1, 98)}{thousands}{dice.randint(100, 999)}{decimal}{dice.choice(('00', '50'))}"
    blocks = " ".join(str(dice.randint(1000, 9999)) for _ in range(4))
    american = f"+1 (808) 555-0{dice.randint(100, 199)}"
    european = f"0{dice.randint(30, 89)} {dice.randint(100, 999)} {dice.randint(10, 99)}"
    day = str(dice.randint(1, 28))
    values: dict[str, str] = {
        "first": first,
        "last": last,
        "name": dice.choice((f"{first} {last}", first)),
        "firm": fake.company(),
        "amount": f"{currency}{figures}{after}",
        "smallamount": f"{currency}{dice.randint(1, 49)}{decimal}{dice.randint(10, 99)}{after}",
        "million": f"{dice.randint(2, 48)}{decimal}{dice.randint(1, 9)} {_MILLION[language]}",
        "iban": f"DE{dice.randint(10, 99)} {blocks} {dice.randint(10, 99)}",
        "date": f"{month} {day}" if language == "en" else f"{day} {month}",
        "month": month,
        "number": str(dice.randint(10_000, 9_999_999)),
        "digit": str(dice.randint(2, 9)),
        "phone": american if language == "en" else european,
        "city": fake.city(),
        "link": _LINK,
    }
    return values[slot]


def invented(language: str, dice: random.Random) -> Any:
    """Open the inventor of names of a language, by an order that `dice` gives."""
    fake = _fake(dice.choice(_LOCALES[language].split()))
    fake.seed_instance(dice.getrandbits(32))
    return fake


@cache
def _fake(locale: str) -> Any:
    """Open Faker for a locale; places that it keeps in the order of a set are sorted: runs are alike."""
    from faker import Faker

    fake = Faker(locale)
    for provider in fake.get_providers():
        if isinstance(places := getattr(provider, "cities", None), list):
            provider.cities = sorted(places)
    return fake
