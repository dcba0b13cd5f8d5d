"""What fills the slots of the templates: the label of each, or none, and how it is made."""

from collections.abc import Callable
from typing import Any

from research.corpora.invented_dates import terms
from research.corpora.invented_values import Values


def _term(kind: str) -> "Maker":
    return lambda values, fake: values.dice.choice(terms(kind))


Maker = Callable[[Values, Any], str]
SLOTS: dict[str, tuple[str, Maker]] = {
    "date": ("date_time", lambda v, f: v.date()),
    "birth": ("date_time", lambda v, f: v.date(birth=True)),
    "part": ("date_time", lambda v, f: v.part()),
    "my": ("date_time", lambda v, f: v.month_and_year()),
    "year": ("year", lambda v, f: str(v.dice.randint(1940, 2035))),
    "month": ("", lambda v, f: v.dice.choice(terms(f"month.{v.language}"))),
    "n": ("", lambda v, f: v.dice.choice(("3A", "4", "B2", "Süd", "12"))),
    "age": ("age", lambda v, f: str(v.dice.randint(1, 99))),
    "street": ("street_address", lambda v, f: v.address(f)),
    "zip": ("zip_code", lambda v, f: str(f.postcode())),
    "phone": ("phone_number", lambda v, f: v.phone(f)),
    "id": ("record_number", lambda v, f: v.record()),
    "license": ("record_number", lambda v, f: v.record()),
    "facility": ("facility", lambda v, f: v.hospital(str(f.city()))),
    "city": ("place", lambda v, f: str(f.city())),
    "country": ("place", lambda v, f: str(f.country())),
    "org": ("", lambda v, f: v.company(f)),
    "email": ("", lambda v, f: str(f.email())),
    "url": ("", lambda v, f: str(f.url())),
    "iban": ("", lambda v, f: str(f.iban())),
    "card": ("", lambda v, f: str(f.credit_card_number())),
    "ip": ("", lambda v, f: str(f.ipv4())),
    "ssn": (
        "",
        lambda v, f: (
            f"{v.dice.randint(1, 665):03d}-{v.dice.randint(1, 99):02d}-{v.dice.randint(1, 9999):04d}"
        ),
    ),
    "taxid": ("record_number", lambda v, f: "".join(v.dice.choice("123456789") for _ in range(11))),
    "nir": (
        "record_number",
        lambda v, f: (
            f"{v.dice.choice('12')} {v.dice.randint(10, 99)} {v.dice.randint(10, 12)} 75"
            f" {v.dice.randint(100, 999)} {v.dice.randint(100, 999)} {v.dice.randint(10, 97)}"
        ),
    ),
    "job": ("", lambda v, f: str(f.job()).split(",")[0]),
    "nation": (
        "",
        lambda v, f: v.dice.choice(
            (
                "American",
                "British",
                "German",
                "French",
                "Italian",
                "Spanish",
                "Polish",
                "Danish",
                "Indian",
                "African-American",
                "Cuban",
                "Asian",
                "Turkish",
            )
        ),
    ),
    "state": (
        "place",
        lambda v, f: v.dice.choice(
            (
                "California",
                "New York",
                "Texas",
                "Delaware",
                "Ohio",
                "Kentucky",
                "Ontario",
                "Georgia",
                "Florida",
                "Bavaria",
            )
        ),
    ),
    "initial": ("person", lambda v, f: v.dice.choice("ABCDEFGHKLMNPRSTVWXYZ")),
    "initials": ("person", lambda v, f: v.dice.choice(("X Y", "A B", "J.D.", "AB CD", "R. S."))),
    "xyz": (
        "person",
        lambda v, f: v.dice.choice(("X", "XYZ", "ABC", "XXX", "ABCD", "A", "Y", "Doe", "Smith", "Sample")),
    ),
    "address": ("street_address", lambda v, f: v.address(f)),
    **{
        kind: ("", _term(kind))
        for kind in ("eponym", "sign", "score", "device", "anatomy", "drug", "material", "finding", "company")
    },
}
"""Slots of templates: the label of what fills them, or none, and how it is made."""
