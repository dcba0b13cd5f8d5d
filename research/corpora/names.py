"""Names of people, frequent ones first: of the US census of 1990 and of Faker's countries."""

import importlib
from functools import cache
from itertools import chain, zip_longest
from pathlib import Path

LOCALES = (
    "en_US",
    "en_GB",
    "de_DE",
    "fr_FR",
    "de_AT",
    "de_CH",
    "fr_CH",
    "fr_BE",
    "fr_CA",
    "en_IN",
    "it_IT",
    "es_ES",
    "tr_TR",
    "nl_NL",
    "hr_HR",
    "hu_HU",
    "cs_CZ",
    "pt_BR",
    "sv_SE",
    "ro_RO",
    "pl_PL",
)


@cache
def census(name: str) -> tuple[str, ...]:
    """Read a list of the census from the package `names`, the most frequent first, in lower case."""
    import names

    lines = (Path(names.__file__).parent / f"dist.{name}").read_text("ascii").splitlines()
    return tuple(line.split()[0].lower() for line in lines if line.strip())


def of_faker(kind: str, locale: str) -> list[str]:
    """List the names of a country, in lower case and in an order that does not change."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    names = getattr(provider, kind)
    return sorted({word for name in names for word in name.lower().split() if len(word) > 1})


def first_names() -> list[str]:
    """List first names of all countries and of the census."""
    census_names = (
        name for pair in zip_longest(census("female.first"), census("male.first")) for name in pair if name
    )
    countries = chain.from_iterable(of_faker("first_names", locale) for locale in LOCALES)
    return list(dict.fromkeys([*of_faker("first_names", "en_US"), *countries, *census_names]))


def last_names() -> list[str]:
    """List surnames of all countries and of the census."""
    countries = chain.from_iterable(of_faker("last_names", locale) for locale in LOCALES)
    return list(dict.fromkeys([*countries, *census("all.last")]))
