"""Places whose law may govern a contract: their codes, as in ISO 3166, by what they are called."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_FILE = Path(__file__).with_name("places.toml")

_WORD = compiled(r"[\s,]*([\pL0-9][\pL0-9.&'-]*)")
_MOST_WORDS = 8
_BEFORE = compiled(
    r"(?i)^\W*(?:(?:the|der|die|das|dem|des|la|le|les|du|de)\s+|l'|d')*(?:federal\s+)?"
    r"(?:(?:state|commonwealth|province|country|kingdom|republic|land|freistaat|republik|république|royaume)"
    r"\s+(?:of\s+|de\s+|d')?(?:the\s+|la\s+|l')?[*_]*)?"
)
_COUNTRY = compiled(
    r"(?i)^\s*,?\s*\(?(?:the\s+)?(?:canada|usa|u\.s\.a?\.?|united states(?: of america)?"
    r"|australia|u\.?k\.?)\b\)?"
)
_STATE = compiled(r"(?i)\bstate\s+of\s+(?:the\s+)?$")
_ENDINGS = ("em", "en", "er", "es", "e", "s", "n", "m")
"""What is put to an adjective or a name in German and French: deutschem, anglaise, Deutschlands."""

_SHORTEST = 5
"""Letters of a name without its ending."""


_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
"""Codes of ISO 3166-1."""


class Place(NamedTuple):
    """A place that is named.

    Attributes:
        end: Where its name ends.
        code: As in ISO 3166.
        alternative: The code of another place of that name, where nothing says which.
    """

    end: int
    code: str
    alternative: str | None = None


class _Table(NamedTuple):
    codes: Mapping[str, str]
    names: Mapping[str, str]
    shared: Mapping[str, str]
    small: frozenset[str]
    firsts: frozenset[str]


@cache
def _table() -> _Table:
    """Read codes by names, the first name of each, codes of namesakes, and names that are written small."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    codes = {_key(name): code for code, names in read["names"].items() for name in names}
    codes |= {code.lower(): code for code in read["names"] if "-" in code}
    shared = {_key(name): code for name, code in read["shared"].items()}
    small = frozenset(_key(name) for names in read["names"].values() for name in names if name[0].islower())
    return _Table(
        codes,
        {code: names[0] for code, names in read["names"].items()},
        shared,
        small,
        frozenset(key.split()[0] for key in codes),
    )


def _key(name: str) -> str:
    return " ".join(name.replace("\u2019", "'").replace(",", " ").replace(".", "").lower().split())


def name_of(code: str) -> str | None:
    """Give the English name of a place; None where no place that is known has this code.

    >>> name_of("US-DE"), name_of("CH-ZH"), name_of("Atlantis")
    ('Delaware', 'Canton of Zurich', None)
    """
    return _table().names.get(code)


def is_code(code: str) -> bool:
    """Tell whether a place may have this code: a country or, where parts of it are known, one of these.

    >>> is_code("GB"), is_code("UK"), is_code("GB-SCT"), is_code("GB-WLS"), is_code("DE-BY")
    (True, False, True, False, True)
    """
    country, _, part = code.partition("-")
    names = _table().names
    has_parts = part and any(name.startswith(f"{country}-") for name in names)
    return country in _COUNTRIES.split() and (code in names or not has_parts)


def code_of(words: str) -> str | None:
    """Give the code of a place that is called so; None where no place is that is known.

    >>> code_of("State of New York"), code_of("NEW JERSEY"), code_of("Ontario, Canada"), code_of("York")
    ('US-NY', 'US-NJ', 'CA-ON', None)
    >>> code_of("England and Wales"), code_of("Bundesrepublik Deutschland"), code_of("schweizerischem")
    ('GB-ENG', 'DE', 'CH')
    """
    place = place_at(words, 0)
    return place.code if place and not words[place.end :].strip(" .,;()\"'") else None


def place_at(text: str, start: int) -> Place | None:
    """Find the place that is named where a stretch of a text begins, an article before it left out.

    >>> text = "the State of New York, without regard"
    >>> place_at(text, 0)
    Place(end=21, code='US-NY', alternative=None)
    """
    stretch = plain(text[start : start + 150])
    skipped = _BEFORE.match(stretch).end()
    # "Republic of Korea" has a name of its own, and "State of Israel".
    return _longest(stretch, 0, start) or (_longest(stretch, skipped, start) if skipped else None)


def _longest(stretch: str, first: int, start: int) -> Place | None:
    """Find the place with the longest name that begins at an offset of a stretch of a text."""
    table = _table()
    ends: list[int] = []
    at = first
    while len(ends) < _MOST_WORDS and (word := _WORD.match(stretch[at:])):
        at += word.end()
        if not ends and not _may_begin(_key(word.group(1)), table.firsts):
            return None
        ends.append(at)
    for end in reversed(ends):
        written = stretch[first:end].rstrip(".,'")
        key = _known(_key(written))
        if key is None or (key not in table.small and not any(map(str.isupper, written))):
            continue
        end = end if "." in written else first + len(written)
        behind = _COUNTRY.match(stretch[end : end + 40])
        other = None if behind or _STATE.search(stretch[:first]) else table.shared.get(key)
        return Place(start + end + (behind.end() if behind else 0), table.codes[key], other)
    return None


def _may_begin(word: str, firsts: frozenset[str]) -> bool:
    return word in firsts or any(word.removesuffix(ending) in firsts for ending in _ENDINGS)


def _known(key: str) -> str | None:
    """Give the name that is known, of one that may have an ending."""
    codes = _table().codes
    bare = [key.removesuffix(ending) for ending in _ENDINGS if key.endswith(ending)]
    known = [one for one in bare if len(one) >= _SHORTEST and one in codes]
    return key if key in codes else next(iter(known), None)
