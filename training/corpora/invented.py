"""Personal data that belongs to nobody: our own templates, filled with invented values of many countries."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from docassay.training.corpora.personal import Sentence, joined

TEMPLATES = Path(__file__).parent / "personal_templates.txt"
LOCALES = (
    "en_US",
    "en_US",
    "en_US",
    "en_GB",
    "en_CA",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "pt_BR",
    "sv_SE",
    "cs_CZ",
    "pl_PL",
    "hu_HU",
    "fi_FI",
    "da_DK",
    "sl_SI",
    "nl_NL",
    "no_NO",
    "tr_TR",
    "en_IN",
)
DAYS = (date(1965, 1, 1), date(2027, 12, 31))
"""Between which an invented date lies, whatever day it is today."""
STREETS = ("Street", "St", "Ave", "Avenue", "Road", "Rd", "Lane", "Drive", "Blvd", "Way", "Court")
STATES = ("TX", "NY", "CO", "RS", "nan")


def written(count: int, seed: int = 0) -> Iterator[Sentence]:
    """Fill our own templates with invented values of many countries: train only."""
    from faker import Faker

    Faker.seed(seed)
    dice = random.Random(seed)
    fakes = [Faker(locale) for locale in LOCALES]
    lines = [line for line in TEMPLATES.read_text(encoding="utf-8").splitlines() if line.strip()]
    for number in range(count):
        yield filled(lines[number % len(lines)].replace("\\n", "\n"), dice.choice(fakes), dice)


def filled(template: str, fake: Any, dice: random.Random) -> Sentence:
    """Fill a template: ``{slot}`` by a value, which becomes a span if its slot has a label."""
    text, spans = "", []
    for n, piece in enumerate(re.split(r"\{(\w+)\}", template)):
        if n % 2 == 0:
            text += piece
            continue
        label, make = SLOTS[piece]
        value = make(fake, dice)
        spans.append((len(text), len(text) + len(value), label))
        text += value
    if dice.random() < 0.06:
        lower = text.lower()
        text = lower if len(lower) == len(text) else text
    return Sentence(text, joined(text, spans), "train")


def _person(f: Any, d: random.Random) -> str:
    first, last = f.first_name(), f.last_name()
    middle = f"{d.choice('ABCDEFGHJKLMNPRSTVW')}{d.choice(('.', '.', ''))} "
    forms = [f"{first} {last}"] * 6 + [f"{first} {middle}{last}"] * 2 + [f"{first} {last}-{f.last_name()}"]
    value: str = d.choice(forms)
    return value.upper() if d.random() < 0.05 else value


def _org(f: Any, d: random.Random) -> str:
    if d.random() < 0.45:
        return str(f.company())
    parts = [
        "Acu",
        "Nova",
        "Medi",
        "Lex",
        "Vita",
        "Omni",
        "Core",
        "Bright",
        "North",
        "Stone",
        "Cap",
        "Fin",
        "Gen",
        "Opti",
        "Data",
        "Sun",
        "Blue",
        "Axi",
        "Tele",
        "Pro",
    ]
    ends = [
        "logic",
        "tech",
        "metrics",
        "care",
        "line",
        "path",
        "soft",
        "base",
        "point",
        "ware",
        "genix",
        "ium",
        "trade",
        "pay",
        "sys",
    ]
    name = d.choice(parts) + d.choice(ends)
    tails = [
        "",
        "",
        "",
        " Inc.",
        " Inc",
        ", Inc.",
        " LLC",
        ", LLC",
        " Ltd.",
        " Corp.",
        " Corporation",
        " GmbH",
        " Group",
        " Partners",
        " Holdings",
        " Bank",
        " Health",
        " Hospital",
        " Technologies",
        " Solutions",
        " Systems",
        " Capital",
        " Insurance",
        ", L.P.",
        " plc",
    ]
    second = d.choice(["", "", "", " " + str(f.last_name())])
    value = name + second + d.choice(tails)
    return value.upper() if d.random() < 0.08 else value


def _address(f: Any, d: random.Random) -> str:
    street = str(f.street_address())
    city, code = str(f.city()), str(f.postcode())
    unit = d.choice(
        [
            "",
            "",
            f" Apt. {d.randint(1, 999)}",
            f" Suite {d.randint(1, 999)}",
            f"\n Suite {d.randint(1, 999)}\n",
        ]
    )
    whole = d.choice(
        [
            street,
            f"{street}{unit}",
            f"{street}{unit}, {city}, {code}",
            f"{d.randint(1, 99999)} {street}{unit}\n{city}\n, {d.choice(STATES)}\n {code}",
            f"{street}{unit} {city} {f.current_country()} {code}",
            f"the corner of {f.street_name()} and {f.street_name()}",
            str(f.address()),
            f"{d.randint(1, 999)} {f.last_name()} {d.choice(STREETS)}",
        ]
    )
    return " ".join(whole.split(" ")).strip()


def _date(f: Any, d: random.Random) -> str:
    day = f.date_between(*DAYS)
    form = d.choice(
        [
            "%Y-%m-%d",
            "%m/%d/%Y",
            "%-m/%-d/%Y",
            "%B %-d, %Y",
            "%d %B %Y",
            "%b %-d, %Y",
            "%Y-%m-%d %H:%M:%S",
            "%d.%m.%Y",
            "%A",
            "%Y",
            "%B %Y",
            "%m/%d/%y",
            "%A, %B %-d, %Y",
        ]
    )
    return str(day.strftime(form))


def _phone(f: Any, d: random.Random) -> str:
    digits = "".join(d.choice("0123456789") for _ in range(10))
    a, b, c = digits[:3], digits[3:6], digits[6:]
    return d.choice(
        [
            str(f.phone_number()),
            f"({a}) {b}-{c}",
            f"{a}-{b}-{c}",
            f"{a}.{b}.{c}",
            f"+1 {a} {b} {c}",
            f"+44 {a} {b} {c}",
            f"{a[:2]} {b} {c[:2]} {c[2:]}",
            f"({a[:2]}) {b}-{a}",
            f"0{a} {b} {c}",
        ]
    )


def _nation(f: Any, d: random.Random) -> str:
    value = d.choice(
        [
            "American",
            "British",
            "German",
            "French",
            "Italian",
            "Spanish",
            "Swedish",
            "Polish",
            "Czech",
            "Danish",
            "Japanese",
            "Chinese",
            "Indian",
            "Brazilian",
            "Hungarian",
            "Slovenian",
            "Finnish",
            "Canadian",
            "Mexican",
            "Turkish",
            "Irish",
            "Jewish",
            "Muslim",
            "Catholic",
            "Hispanic",
            "African-American",
            "Greek",
            "Dutch",
            "Kenyan",
            "Norwegian",
        ]
    )
    return value.lower() if d.random() < 0.15 else value


def _country(f: Any, d: random.Random) -> str:
    return d.choice(
        [
            "United States",
            "Canada",
            "Germany",
            "France",
            "Spain",
            "Italy",
            "United Kingdom",
            "Poland",
            "Sweden",
            "Norway",
            "Denmark",
            "Finland",
            "Hungary",
            "Slovenia",
            "Brazil",
            "India",
            "Australia",
            "Ireland",
            "Mexico",
            "Japan",
            "Switzerland",
            "Austria",
            "Portugal",
            "the Netherlands",
            "Belgium",
            "Israel",
            "Turkey",
            "Egypt",
        ]
    )


def _state(f: Any, d: random.Random) -> str:
    return d.choice(
        [
            "California",
            "New York",
            "Texas",
            "Delaware",
            "Illinois",
            "Florida",
            "Ohio",
            "Nevada",
            "Massachusetts",
            "Washington",
            "Oregon",
            "Georgia",
            "New Jersey",
            "Colorado",
            "Ontario",
            "Quebec",
            "Bavaria",
        ]
    )


def _zip(f: Any, d: random.Random) -> str:
    return d.choice([str(f.postcode()), f"{d.randint(1000, 99999):05d}"])


def _title(f: Any, d: random.Random) -> str:
    return d.choice(["Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Ms", "Prof.", "Miss"])


def _job(f: Any, d: random.Random) -> str:
    return str(f.job()).split(",")[0]


def _city(f: Any, d: random.Random) -> str:
    value = str(f.city())
    return value.upper() if d.random() < 0.1 else value


SLOTS: dict[str, tuple[str, Callable[[Any, random.Random], str]]] = {
    "person": ("person", _person),
    "first": ("person", lambda f, d: str(f.first_name())),
    "last": ("person", lambda f, d: str(f.last_name())),
    "org": ("organization", _org),
    "address": ("street_address", _address),
    "street": ("street_address", lambda f, d: str(f.street_address())),
    "city": ("place", _city),
    "country": ("place", _country),
    "state": ("place", _state),
    "date": ("date_time", _date),
    "phone": ("phone_number", _phone),
    "email": ("email_address", lambda f, d: str(f.email())),
    "url": ("domain_name", lambda f, d: str(f.url())),
    "card": ("credit_card", lambda f, d: str(f.credit_card_number())),
    "iban": ("iban_code", lambda f, d: str(f.iban())),
    "ssn": (
        "us_ssn",
        lambda f, d: f"{d.randint(1, 899):03d}-{d.randint(1, 99):02d}-{d.randint(1, 9999):04d}",
    ),
    "ip": ("ip_address", lambda f, d: str(f.ipv4())),
    "zip": ("zip_code", _zip),
    "age": ("age", lambda f, d: str(d.randint(1, 99))),
    "title": ("title", _title),
    "job": ("title", _job),
    "nation": ("nationality", _nation),
    "license": (
        "us_driver_license",
        lambda f, d: d.choice(
            [
                f"{d.choice('ABCDEFGS')}{d.randint(1000000, 99999999)}",
                f"{d.randint(1000, 9999)}-{d.randint(10, 99)}-{d.randint(1000, 9999)}",
            ]
        ),
    ),
}
