"""Values for the placeholders of one mail or form, by the names of the placeholders."""

from __future__ import annotations

import datetime
import random
import re
import tomllib
import zlib
from collections.abc import Callable
from pathlib import Path

WORDS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text("utf-8")
)
TRADES = ("", "", "", " Bank", " Shop", " Cloud", " Travel", " Health", " Energy", " Post", " Pay")
ENDINGS = {
    "de": ("de", "com", "at"),
    "fr": ("fr", "com"),
    "es": ("es", "com"),
    "it": ("it", "com"),
    "pt": ("pt", "com.br"),
    "nl": ("nl", "com"),
}
MAILBOXES = ("gmail.com", "outlook.com", "example.org", "web.de", "orange.fr", "proton.me", "yahoo.com")
PLAIN = str.maketrans("äöüßéèêçíóáñãõôúëï", "aouseeecioanaoouei")


class Values:
    """The same person, sender and order wherever one text names them; a draw depends on the seed alone."""

    def __init__(self, seed: str, language: str, brand: str = "") -> None:
        """Draw what the text is about; `brand` is the sender where the template names it."""
        self.dice = dice = random.Random(zlib.crc32(seed.encode()))
        self.language = language if language in WORDS["first"] else "en"
        self.first, self.last = self.one("first"), self.one("last")
        made = "".join(
            dice.sample(WORDS["brand"]["syllables"], dice.choice((2, 2, 3)))
        ).capitalize() + dice.choice(TRADES)
        self.brand = brand or made
        ending = dice.choice(ENDINGS.get(self.language, ("com", "co.uk", "io", "org")))
        self.host = re.sub(r"\W", "", self.brand.lower()) + "." + ending
        self.order = dice.choice(("", "#", "ORD-", "R")) + str(dice.randrange(10_000, 99_999_999))
        self.day = datetime.date(2019, 1, 1) + datetime.timedelta(days=dice.randrange(2_800))
        box = f"{self.first}.{self.last}".lower().replace(" ", "").translate(PLAIN)
        self.email = f"{box}@{dice.choice(MAILBOXES)}"

    def one(self, of: str) -> str:
        """Choose a word of the language."""
        return self.dice.choice(WORDS[of][self.language])

    def date(self) -> str:
        """Give a date within thirty days of the text's, in a form of the language."""
        day = self.day + datetime.timedelta(days=self.dice.randrange(0, 30))
        month = WORDS["months"][self.language][day.month - 1]
        slashed, long = f"{day:%d/%m/%Y}", f"{day.day} {month} {day.year}"
        forms = {
            "de": (f"{day:%d.%m.%Y}", f"{day.day}. {month} {day.year}"),
            "es": (slashed, f"{day.day} de {month} de {day.year}"),
            "pt": (slashed, f"{day.day} de {month} de {day.year}"),
            "nl": (f"{day:%d-%m-%Y}", long),
            "en": (f"{month} {day.day}, {day.year}", slashed, long),
        }
        return self.dice.choice(forms.get(self.language, (slashed, long)))

    def money(self) -> str:
        """Give an amount with its currency."""
        amount = self.dice.choice((self.dice.uniform(3, 90), self.dice.uniform(90, 2_500)))
        if self.language == "en":
            return self.dice.choice("$£€") + f"{amount:,.2f}"
        thousands = " " if self.language == "fr" else "."
        return f"{amount:,.2f}".replace(".", "\0").replace(",", thousands).replace("\0", ",") + " €"

    def street(self) -> str:
        """Give a street and its number."""
        return self.one("street").format(
            n=self.dice.randrange(1, 240), m=self.dice.randrange(1, 20), w=self.one("last")
        )

    def person(self) -> str:
        """Give the addressee, at times somebody else."""
        if self.dice.random() < 0.6:
            return f"{self.first} {self.last}"
        return f"{self.one('first')} {self.one('last')}"

    def link(self, name: str) -> str:
        """Give an address at the sender's own domain."""
        path = re.sub(r"(?i)url|link|href|_|\W", "", name.split(".")[-1]).lower()[:14] or "account"
        count = self.dice.choice((0, 0, 8, 22))
        token = "".join(self.dice.choices("abcdefghkmnpqrstuvwxyz23456789", k=count))
        begin = self.dice.choice(("www.", "", "app.", "my."))
        return f"https://{begin}{self.host}/{path}" + (f"/{token}" if token else "")

    def digits(self, count: int) -> str:
        """Give so many digits."""
        return "".join(self.dice.choices("0123456789", k=count))

    def number(self, low: int, high: int) -> str:
        """Give a number below `high`."""
        return str(self.dice.randrange(low, high))

    def of(self, name: str) -> str:
        """Give what a placeholder of this name would hold."""
        low = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
        if re.search(r"unsubscribe|url|link|href|_path|uri\b", low):
            return self.link(name)
        for pattern, value in RULES:
            if re.search(pattern, low):
                return value(self)
        return self.dice.choice((self.brand, self.one("item"), f"{self.first} {self.last}", self.date()))


RULES: tuple[tuple[str, Callable[[Values], str]], ...] = (
    (r"e-?mail|recipient_address", lambda v: v.email),
    (r"first|given|prenom|vorname|nickname|username|user_name|login|handle", lambda v: v.first),
    (r"last_?name|surname|family", lambda v: v.last),
    (
        r"(company|employer|brand|site|shop|store|product|app|project|service|organi|realm|sender|team|merchant"
        r"|business|bank).*(name|title)?$|^from",
        lambda v: v.brand,
    ),
    (
        r"lives|expir.*(minutes|days|hours)|minutes|days|hours|count|quantity|qty|num_|duration|years|age\b",
        lambda v: v.number(1, 30),
    ),
    (r"otp|pin\b|code|secret|token|password", lambda v: v.digits(6)),
    (
        r"(order|invoice|ticket|booking)[._]?(number|id|no|ref|key)?$|tracking|reference"
        r"|(^|[_.])(id|number|no|ref|nr)$",
        lambda v: v.order,
    ),
    (r"time|hour|clock", lambda v: f"{v.number(7, 21)}:{v.dice.choice(('00', '15', '30', '45'))}"),
    (r"year", lambda v: str(v.day.year)),
    (r"date|_at$|day|deadline|until|expir|month|dob|period|start|end$", Values.date),
    (
        r"amount|total|price|cost|fee|(?<!pa)(?<!cur)rent|deposit|salary|balance|payment|sum\b|tax|discount|wage|loan"
        r"|money|charge",
        Values.money,
    ),
    (r"percent|rate", lambda v: v.number(1, 20) + "%"),
    (r"street|address|premises|location|place|venue", lambda v: f"{v.street()}, {v.one('city')}"),
    (r"city|town|county", lambda v: v.one("city")),
    (
        r"state|province|jurisdiction|governing|law\b",
        lambda v: v.dice.choice(("California", "Texas", "Ohio", "Oregon", "Virginia", "Ontario", "Illinois")),
    ),
    (
        r"country",
        lambda v: v.dice.choice(("Germany", "France", "Canada", "Spain", "Ireland", "Italy", "Austria")),
    ),
    (r"zip|postal|postcode", lambda v: v.digits(5)),
    (r"phone|tel\b|mobile|fax", lambda v: f"+{v.number(30, 50)} {v.digits(3)} {v.digits(7)}"),
    (r"iban|account", lambda v: v.digits(10)),
    (r"(^|[_.])ip($|[_.])|ip_?addr", lambda v: ".".join(v.number(2, 250) for _ in range(4))),
    (
        r"device|browser|user_?agent|(^|[_.])os$|platform",
        lambda v: v.dice.choice(("Chrome, Windows", "Safari, iPhone", "Firefox, Linux")),
    ),
    (
        r"position|job|occupation|role|employee.*title",
        lambda v: v.dice.choice(
            ("accountant", "nurse", "sales manager", "engineer", "teacher", "warehouse lead")
        ),
    ),
    (r"item|plan|title|subject|course|event|description", lambda v: v.one("item")),
    (
        r"name|user|customer|person|member|owner|tenant|buyer|seller|principal|party|employee|client|inviter"
        r"|author|guest|guardian|parent|child|spouse|agent|trustee|grantor|resident|borrower|lender|^s$|%s|%1\$s",
        Values.person,
    ),
    (r"_{4,}", lambda v: v.dice.choice((v.date(), f"{v.first} {v.last}", "__________", "__________"))),
    (r"^%?\d?\$?d$|^\d$", lambda v: v.number(1, 60)),
)
