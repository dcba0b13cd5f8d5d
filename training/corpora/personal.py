"""Personal data: sentences with spans, of Presidio's synthetic set and of our own templates."""

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from training.corpora.example import Split
from training.corpora.medical import adverse_reaction, cancer_hallmark, note_section
from training.corpora.text import split_groups

Span = tuple[int, int, str]

LABELS = {
    "PERSON": "person",
    "STREET_ADDRESS": "street_address",
    "GPE": "place",
    "ORGANIZATION": "organization",
    "CREDIT_CARD": "credit_card",
    "DATE_TIME": "date_time",
    "TITLE": "title",
    "PHONE_NUMBER": "phone_number",
    "AGE": "age",
    "NRP": "nationality",
    "EMAIL_ADDRESS": "email_address",
    "ZIP_CODE": "zip_code",
    "DOMAIN_NAME": "domain_name",
    "IBAN_CODE": "iban_code",
    "US_SSN": "us_ssn",
    "IP_ADDRESS": "ip_address",
    "US_DRIVER_LICENSE": "us_driver_license",
}
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

IMPERSONAL = frozenset(
    ("medications", "ros", "exam", "allergy", "pastsurgical", "pastmedicalhx", "cc", "labs", "imaging")
)
HEADINGS = (
    "CHIEF COMPLAINT",
    "ASSESSMENT",
    "PLAN",
    "HPI:",
    "RESULTS",
    "PHYSICAL EXAM",
    "MEDICAL HISTORY",
    "REVIEW OF SYSTEMS",
)
PERSONAL = re.compile(
    r"(?i)\byears?[- ]old|\bage|\b(?:19|20)\d\d\b|\d/\d|\b(?:mr|mrs|ms|dr|prof|miss)\b|"
    r"hospital|clinic|\bnamed?\b"
)
STREETS = ("Street", "St", "Ave", "Avenue", "Road", "Rd", "Lane", "Drive", "Blvd", "Way", "Court")
STATES = ("TX", "NY", "CO", "RS", "nan")
TEMPLATES = Path(__file__).parent / "personal_templates.txt"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with the spans of its personal data, in order, none overlapping."""

    text: str
    spans: tuple[Span, ...]
    split: Split


def personal_data(archive_text: str) -> list[Sentence]:
    """Read Presidio's synthetic sentences, split by template: a fifth test, a tenth validation."""
    rows = json.loads(archive_text)
    splits = split_groups((row["template_id"] for row in rows), 0.2, 0.1)
    return [
        Sentence(
            row["full_text"],
            joined(
                row["full_text"],
                [(s["start_position"], s["end_position"], LABELS[s["entity_type"]]) for s in row["spans"]],
            ),
            splits[row["template_id"]],
        )
        for row in rows
    ]


def without(data: Path) -> list[Sentence]:
    """Load texts without personal data: sentences of drug labels, cancer abstracts, and parts of notes.

    Without them, findings, drugs and headings in capitals are taken for names. What may hold an age, a
    date or a title is left out. Train only.
    """
    notes = [
        f"{heading}{example.text}"
        for n, example in enumerate(note_section(data))
        if example.split == "train" and example.labels[0] in IMPERSONAL
        for heading in ("", f"{HEADINGS[n % len(HEADINGS)]}\n\n")
    ]
    others = [
        example.text
        for load in (adverse_reaction, cancer_hallmark)
        for example in [item for item in load(data) if item.split == "train"][:400]
    ]
    return [
        Sentence(text[:600], (), "train") for text in [*notes, *others] if not PERSONAL.search(text[:600])
    ]


def joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Join pieces of one street address with only white space between them.

    The set cuts an address into number, street and flat in some templates and not in others.

    >>> joined("12 High St", [(0, 2, "street_address"), (3, 10, "street_address")])
    ((0, 10, 'street_address'),)
    """
    found: list[Span] = []
    for start, end, label in sorted(spans):
        if found and found[-1][2] == label == "street_address" and not text[found[-1][1] : start].strip():
            found[-1] = (found[-1][0], end, label)
        else:
            found.append((start, end, label))
    return tuple(found)


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
