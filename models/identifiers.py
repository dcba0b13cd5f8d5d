"""Identifiers of people, by their form: numbers with check digits, addresses of the internet, dates.

A pattern finds what may be one, a check verifies it (ranges, check digits). Where other numbers look the
same, a cue must stand before it: "NHS", "Steuer-ID", "n° de dossier".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import iban, luhn
from stdnum.de import idnr
from stdnum.exceptions import ValidationError
from stdnum.fr import nif, nir
from stdnum.gb import nhs
from stdnum.us import itin, ssn

Span = tuple[int, int]

CUE_CHARS = 48
"""How far before a number its cue may end."""


def _any(text: str) -> bool:
    return True


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _card(text: str) -> bool:
    digits = _digits(text)
    known_issuer = digits[0] in "3456" or digits[:2] in ("22", "23", "24", "25", "26", "27")
    return 13 <= len(digits) <= 19 and known_issuer and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def _octets(text: str) -> bool:
    return all(int(part) < 256 and str(int(part)) == part for part in text.split("."))


def _address_of_six(text: str) -> bool:
    try:
        return ipaddress.IPv6Address(text).exploded != ""
    except ValueError:
        return False


def _phone(text: str) -> bool:
    return 7 <= len(_digits(text)) <= 15 and not DATE.fullmatch(text) and text.count("(") == text.count(")")


def _day_first(text: str) -> bool:
    """Check that a text begins with a day of the month.

    >>> _day_first("31dec"), _day_first("4 2 0 1 1 9 9 8")
    (True, False)
    """
    digits = re.match(r"\d ?\d?", text)
    return digits is not None and 1 <= int(digits[0].replace(" ", "")) <= 31


def _insurance(text: str) -> bool:
    """Check the German health insurance number: a letter and nine digits (section 290 SGB V).

    >>> _insurance("A123456780"), _insurance("A123456789")
    (True, False)
    """
    digits = f"{ord(text[0]) - ord('A') + 1:02}{text[1:9]}"
    products = (int(digit) * (1 + n % 2) for n, digit in enumerate(digits))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(text[9])


def _pension(text: str) -> bool:
    """Check the German pension insurance number: area, date of birth, initial, serial, check digit.

    >>> _pension("15 070649 C 103"), _pension("15 070649 C 104")
    (True, False)
    """
    plain = re.sub(r"\s", "", text)
    if not (1 <= int(plain[2:4]) <= 31 and 1 <= int(plain[4:6]) <= 12):
        return False
    digits = f"{plain[:8]}{ord(plain[8]) - ord('A') + 1:02}{plain[9:11]}"
    products = (
        int(digit) * weight
        for digit, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)
    )
    return sum(product // 10 + product % 10 for product in products) % 10 == int(plain[11])


def _provider(text: str) -> bool:
    """Check the US national provider identifier, a card number of the issuer 80840 (45 CFR 162.406)."""
    return text[0] in "12" and bool(luhn.is_valid(f"80840{text}"))


def _drug_enforcement(text: str) -> bool:
    """Check the registration number of the US Drug Enforcement Administration: two letters, seven digits."""
    digits = [int(digit) for digit in text[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def _travel_document(text: str) -> bool:
    """Check the second line of the machine-readable zone of a passport (ICAO 9303, part 4)."""
    return all(_icao(text[a:b]) == text[b] for a, b in ((0, 9), (13, 19), (21, 27)))


def _icao(field: str) -> str:
    values = [int(char, 36) if char != "<" else 0 for char in field]
    return str(sum(value * (7, 3, 1)[n % 3] for n, value in enumerate(values)) % 10)


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _valid(check: Callable[[str], object]) -> Callable[[str], bool]:
    """Turn a validator of python-stdnum into a test; some raise on what has the form but no meaning."""

    def test(text: str) -> bool:
        try:
            check(text)
        except (ValidationError, ValueError):
            return False
        return True

    return test


MONTHS = (
    r"(?:jan(?:uary|uar)?|j[äa]nner|feb(?:ruary|ruar)?|m[äa]r(?:ch|z)?|mar|apr(?:il)?|may|mai|june?|juni|july?|juli"
    r"|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?"
    r"|janv(?:ier)?|f[ée]vr?(?:ier)?|mars|avr(?:il)?|juin|juil(?:let)?|ao[ûu]t|octobre|septembre|novembre"
    r"|d[ée]c(?:embre)?)"
)
_YEAR = r"(?:1[89]|20)\d\d"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
DATE = re.compile(
    rf"(?i)(?<![\w./-])(?<!\d,)(?:{_YEAR}-{_MONTH}-{_DAY}(?=T\d|\b)"
    rf"|{_DAY}\. ?{_MONTH}\. ?(?:{_YEAR}|\d\d)"
    rf"|{_DAY}([/-])(?:0?[1-9]|[12]\d|3[01])\1(?:{_YEAR}|\d\d)"
    rf"|(?:(?:mon|tue|wed|thu|fri|sat|sun), )?{_DAY}(?:st|nd|rd|th|er|\.)? (?:of |de )?{MONTHS}\.?,?"
    rf" (?:{_YEAR}|'?\d\d)"
    rf"|{MONTHS}\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR})(?![^\WT]|[/-]|\.\d)"
)
_SHORT = rf"(?i)[0-9](?<![\w./-].)\d?{MONTHS}(?:{_YEAR}|\d\d)?(?![\w/-])"
"""A day and a month with nothing between them: 05nov2023."""
_FRENCH_DAY = r"[0-3](?<=\b[lL]e .)\d(?:0[1-9]|1[0-2])(?:(?:19|20)\d\d|\d\d)(?![\w/-])(?! ?\d)"
"""The day of the month after an article: le 23022018."""
_BOXED = r"[0-3] \d [01] \d (?:1 [89]|2 0) \d \d"
"""A date of a form with a box for each digit."""
_BOXES = r"(?: \d){9,15}"
_BOXED_END = rf"(?= {{1,2}}{_BOXED}(?!\w| \d\b))"
"""A number in boxes has a date in boxes beside it: 2 9 2 4 1 8 7 6 5 3 2 9 8  2 9 0 2 1 9 9 6."""
_PART_OF_DATE = (
    rf"(?i)(?<![\w./-])(?:{_DAY}\. ?{_MONTH}\.|{_MONTH}[/.]{_YEAR}|{_MONTH}/\d\d|{_DAY}/{_MONTH}"
    rf"|{_DAY}(?:st|nd|rd|th|er|\.)? (?:of |de )?{MONTHS}|{MONTHS}\.? {_DAY}(?:st|nd|rd|th)?"
    rf"|{MONTHS}\.? {_YEAR})(?![\w/-])"
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A form that personal data has.

    Attributes:
        label: What it is.
        pattern: Finds what may be one; where there is a group `value`, that is the span.
        check: Verifies it.
        certain: A match counts by itself; else it is a feature of the tagger, which decides.
        cue: What must stand shortly before it, on its line or the one before.
    """

    label: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] = _any
    certain: bool = True
    cue: re.Pattern[str] | None = None


def _cue(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<![^\W_])(?:{words})(?![^\W_])")


_RECORD = (
    r"mrn|medical record"
    r"|(?:health|hospital|patient|chart|case|file|claim|member|subscriber|account|customer|policy|client|employee"
    r"|student|accession) ?(?:no|nr|num|number|id|#)"
    r"|patient(?:en)?-?(?:id|nr|nummer)|pat\.? ?-?(?:nr|id)|fall-?(?:nr|nummer|zahl)"
    r"|akten-?(?:nr|zeichen)|az\.? ?:"
    r"|(?:kunden|mitglieds?|versicherten|versicherungs|personal|vertrags|aufnahme|eingangs|befund)"
    r"-?(?:nr|nummer|zahl)|e-?nr"
    r"|ipp|nda|nip|rpps|adeli"
    r"|num[ée]ro de (?:dossier|patient|s[ée]jour|client|contrat|s[ée]curit[ée] sociale)"
    r"|n[°ºo]\.? ?(?:de |du |d')?(?:dossier|patient|s[ée]jour|client|contrat|allocataire|adh[ée]rent)"
)
# A pattern begins with a character, since a scan for one is quicker than one for what stands before it.
IDENTIFIERS: tuple[Identifier, ...] = (
    Identifier("email_address", re.compile(r"(?<![\w.])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")),
    Identifier("domain_name", re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]{3,200}[\w/]")),
    Identifier(
        "iban_code", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,4})?\b"), iban.is_valid
    ),
    Identifier("ip_address", re.compile(r"\d(?<![\w.].)\d{0,2}(?:\.\d{1,3}){3}(?![\w.]*\d)"), _octets),
    Identifier(
        "ip_address",
        re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,6}(?![\w:])"),
        _address_of_six,
    ),
    Identifier("passport", re.compile(r"P(?<![\w<].)[A-Z<][A-Z]{3}[A-Z<]{39}(?![\w<])")),
    Identifier(
        "passport",
        re.compile(r"(?<![\w<])[A-Z\d<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z\d<]{14}[\d<]\d(?![\w<])"),
        _travel_document,
    ),
    Identifier(
        "fr_social_security",
        re.compile(
            r"[12378](?<![\w-].) ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB])"
            r" ?\d{3} ?\d{3} ?\d\d(?![\w-])"
        ),
        _valid(nir.validate),
    ),
    Identifier(
        "credit_card",
        re.compile(
            r"\d(?<![\w)+-].)(?:\d{12,18}|\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{3}[ -]\d{6}[ -]\d{5})(?![\w-])"
        ),
        _card,
    ),
    Identifier("de_pension_number", re.compile(r"\d(?<!\w.)\d ?\d{6} ?[A-Z] ?\d{3}(?!\w)"), _pension),
    Identifier(
        "de_health_insurance",
        re.compile(r"(?<![\w-])[A-Z]\d{9}(?![\w-])"),
        _insurance,
        cue=_cue(r"\w*versicher\w*|kvnr|kv-?nr|krankenkasse|egk|insurance"),
    ),
    Identifier(
        "de_tax_id",
        re.compile(r"[1-9](?<![\w-].)\d ?\d{3} ?\d{3} ?\d{3}(?![\w-])"),
        _valid(idnr.validate),
        cue=_cue(r"steuer\w*|st-?id|id-?nr|idnr|identifikationsnummer|tin|tax id\w*|tax no"),
    ),
    Identifier(
        "fr_tax_id",
        re.compile(r"[0-3](?<![\w-].)\d ?\d\d ?\d{3} ?\d{3} ?\d{3}(?![\w-])"),
        _valid(nif.validate),
        cue=_cue(r"fiscale?|spi|nif|impôts?|tax"),
    ),
    Identifier(
        "uk_nhs_number",
        re.compile(r"\d(?<![\w-].)\d\d[ -]?\d{3}[ -]?\d{4}(?![\w-])"),
        _valid(nhs.validate),
        cue=_cue(r"nhs"),
    ),
    Identifier(
        "uk_national_insurance",
        re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)"),
    ),
    Identifier("us_ssn", re.compile(r"\d(?<![\w-].)\d\d-\d{2}-\d{4}(?![\w-])"), _valid(ssn.validate)),
    Identifier("us_itin", re.compile(r"9(?<![\w-].)\d\d-\d\d-\d{4}(?![\w-])"), _valid(itin.validate)),
    Identifier(
        "us_ssn",
        re.compile(r"\d(?<![\w-].)\d\d ?\d\d ?\d{4}(?![\w-])"),
        _valid(ssn.validate),
        cue=_cue(r"ssn|social security"),
    ),
    Identifier(
        "us_npi", re.compile(r"[12](?<![\w-].)\d{9}(?![\w-])"), _provider, cue=_cue(r"npi|national provider")
    ),
    Identifier(
        "us_dea", re.compile(r"(?<![\w-])[A-Z][A-Z9]\d{7}(?![\w-])"), _drug_enforcement, cue=_cue(r"dea")
    ),
    Identifier(
        "us_medicare",
        re.compile(
            r"(?<![\w-])[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y\d]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y\d]\d-?[AC-HJKMNP-RT-Y]{2}\d\d(?![\w-])"
        ),
    ),
    Identifier(
        "passport",
        re.compile(r"(?<![\w-])[A-Z\d]{6,9}(?![\w-])"),
        _has_digit,
        cue=_cue(r"passport|reisepass\w*|passeport|pass-?nr|ausweis\w*|personalausweis\w*"),
    ),
    Identifier(
        "driver_license",
        re.compile(r"(?<![\w-])[A-Z\d][A-Z\d-]{4,16}[A-Z\d](?![\w-])"),
        _has_digit,
        cue=_cue(r"driver'?s? licen[cs]e|driving licen[cs]e|führerschein\w*|permis de conduire|dl ?#"),
    ),
    Identifier("date_time", DATE),
    Identifier("date_time", re.compile(_SHORT), _day_first),
    Identifier("date_time", re.compile(_FRENCH_DAY), _day_first),
    Identifier(
        "date_time",
        re.compile(rf"[0-3](?: \d){{7}}(?!\w)(?<={_BOXED})(?:(?<!\w.{{15}})(?<!\d .{{15}})|(?! \d\b))"),
        _day_first,
    ),
    Identifier(
        "record_number",
        re.compile(
            rf"\d(?:(?<={_BOXED} .)|(?<={_BOXED}  .)){_BOXES}(?:{_BOXED_END}|(?!\w| \d\b))"
            rf"|\d(?<!\w.)(?<!\d .){_BOXES}{_BOXED_END}"
        ),
    ),
    Identifier(
        "phone_number", re.compile(r"0(?<![\w./-].)(?<!\d .)[1-9](?:([ .])\d\d)(?:\1\d\d){3}(?!\w| ?\d)")
    ),
    Identifier(
        "phone_number",
        re.compile(r"(?<![\w.])\+?\(?\d[\d() ./-]{4,24}\d(?!\w)"),
        _phone,
        cue=_cue(
            r"tel|telefon\w*|phone|fax|telefax|mobile?|mobil\w*|handy|cell|tél|téléphone|télécopie|portable|hotline"
            r"|durchwahl|dw"
        ),
    ),
    Identifier(
        "record_number",
        re.compile(r"(?<![\w-])[A-Z]{0,4}[-/]?\d[\dA-Z]{2,}(?:[-/.][\dA-Z]{1,10}){0,4}(?![\w-])"),
        _any,
        cue=_cue(_RECORD),
    ),
    Identifier(
        "phone_number", re.compile(r"(?<![\w.])(?:\+?\(?\d[\d() ./-]{5,24}\d)(?!\w)"), _phone, certain=False
    ),
    Identifier("date_time", re.compile(_PART_OF_DATE), certain=False),
)
"""In the order in which they are tried: what a certain one has matched no later one may.

Sources: RFC 5322, 3986 and 4291 in the forms met in prose; ISO 13616 (IBAN), ISO/IEC 7812 (cards), ICAO 9303
(passports), 45 CFR 162 and CMS (United States), sections 139b AO, 147 SGB VI and 290 SGB V (Germany), NIR and
SPI (France), NHS and HMRC (United Kingdom).
"""


_BREAK = re.compile(r"\d\d|[;!?]|[^\W\d_]{4}\.\s")
"""Between a cue and its number: another number, or the end of a sentence."""


def matches(text: str) -> list[list[Span]]:
    """Find each of `IDENTIFIERS` in a text; a certain match hides overlapping ones of later patterns."""
    taken = bytearray(len(text))
    found: list[list[Span]] = []
    for identifier in IDENTIFIERS:
        spans = []
        for match in identifier.pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]) and identifier.check(match[0]) and _cued(identifier, text, start):
                spans.append((start, end))
                if identifier.certain:
                    taken[start:end] = b"\1" * (end - start)
        found.append(spans)
    return found


def _cued(identifier: Identifier, text: str, start: int) -> bool:
    """Tell whether a cue ends within `CUE_CHARS` before a match, with no other number between them."""
    if identifier.cue is None:
        return True
    before = text[max(0, start - CUE_CHARS - 24) : start]
    ends = [match.end() for match in identifier.cue.finditer(before)]
    if not ends or len(before) - ends[-1] > CUE_CHARS:
        return False
    between = before[ends[-1] :]
    return between.count("\n") < 2 and not _BREAK.search(between)
