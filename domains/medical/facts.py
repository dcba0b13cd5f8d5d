"""What records and bills say of themselves: patient, numbers, who signed, charges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from stdnum import luhn

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found, of_each
from docassay.domains.medical.charges import Charge, charges
from docassay.domains.medical.dates import FIGURES
from docassay.domains.medical.records import signed
from docassay.domains.patterns import compiled

_MOST = 200
_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
_WORD = rf"{_CAPITAL}(?:[\w'’-]{{0,25}}\.?)"
_NAME = re.compile(
    rf"{_WORD}(?:,?[ \t]{{1,2}}(?:(?:von|van|de|del|der|den|la|zu|zur|bin|al)[ \t]){{0,2}}{_WORD}){{1,3}}"
)
_TITLES = re.compile(
    r"(?:(?:Patient(?:in|en)?,?|Pat\.|Herrn?|Frau|Hr\.|Fr\.|Mag\.|Mrs?\.?|Ms\.?|Miss|Monsieur|Madame"
    r"|Mademoiselle|M\.|Mme|Mlle|Docteur|Dr\.?|Prof\.?|Pr\.?|med\.)[ \t\n]{1,3}){0,4}"
)
_BORN = re.compile(r"[ \t]*,?[ \t\n]{0,3}\(?[ \t]*(?:geb\b|geboren|\*|née?(?!\w)|born\b|DOB\b|date of birth)")
_LABELLED = compiled(
    r"(?i)(?:^|[^\pL])(?:patient(?:in|e)?(?:[’']?s)?(?: ?name)?|name of (?:the )?patient|pat\."
    r"|nom du patient|name des patienten)"
    r"[ \t\x{a0}]*[:|][ \t\x{a0}|]*"
)
_INTRODUCED = compiled(
    r"(?:Patient(?:in|en)?|patiente?)[ \t]*,?[ \t\n]{1,3}(?:Herrn?|Frau|Monsieur|Madame|M\.|Mme)[ \t\n]"
)
_REPORTED = compiled(
    r"(?i)\b(?:berichte[nt]?|vorstellung|aufenthalt|übernahme|behandlung"
    r"|entlassung)\b[^.\n\d]{0,40}?[ \t](?:über|von|des|der)[ \t]+"
    r"(?:(?:unser|ihr|d|ein)\w{1,4}[ \t]+)?(?:gemeinsame[nr]?[ \t]+)?(?:(?:Patient(?:in"
    r"|en)?,?[ \t\n]+(?:(?:Herrn?|Frau)[ \t])?)|(?:Herrn?|Frau)[ \t])"
)
_BIRTH = compiled(
    r"(?i)(?:\bgeb(?:\.|oren)|\*|\bDOB\b|\bborn\b|\bnée?[ \t]|date of birth)[ \t]*:?[ \t]*(?:(?:am|on"
    r"|le)[ \t]+)?\d"
)
_NAME_BEFORE = re.compile(rf"(?<!\w)({_NAME.pattern})[ \t\n,(|;]{{1,4}}$")
_ADDRESSED = compiled(r"(?:^|[^\pL])(?:Herrn?|Frau|Monsieur|Madame|M\.|Mme|Mr\.?|Mrs\.?|Ms\.?)[ \t]")
_NAMED = compiled(r"(?m)^[ \t|*]*(?:Name|NAME|RE|Re|Betreff|Nom)[ \t]*[:|][ \t|*]*")
_NEAR_NAME = compiled(
    r"(?i)\b(?:DOB|date of birth|birth ?date|MRN|geb(?:\.|oren|urtsdatum)|medical record|née?\b|patient)"
)
_FAMILY_FIRST = re.compile(r"([^\s,]+(?: [^\s,]+)?), *([^,]+)")
_NO_PERSON = re.compile(
    r"(?i)\b(?:patient|name|date|birth|hospital|clinic|center|unknown|none|sample|history|presents?|doctor"
    r"|age|sex|gender|education|position"
    r"|identification|number|account|address|information|consent|status|instructions|denies|reports?"
    r"|states?|is|was|has|will|the)\b|xx|abc"
)
_BEHIND_NAME = re.compile(
    r"[ ,]+(?:DOB|MRN|SEX|Sex|Age|AGE|Date|Geb|Geschlecht|ID|Gender|Née?|Contact|Fall\w*"
    r"|Pat\w*|Station\w*|Aufenthalt"
    r"|Aufnahme|wohnhaft)\b"
)
_HEAD_CHARS = 3_000
_DETACHED = re.compile(r"[ \t]{2,}|\t")

_RECORD = compiled(
    r"(?i)(?:^|[^\pL])(?:MRN|medical record(?: (?:number|no\.?|#))?|record (?:number|no\.?|#)"
    r"|chart (?:number|no\.?|#)|patient(?:'s)?[ -]?(?:id|no\.?|number|#)"
    r"|patienten-?(?:nr\.?|id|nummer)|pat\.?-?(?:nr\.?|id)|fall-?(?:nr\.?|nummer|id)|aufnahme-?(?:nr\.?"
    r"|nummer)|IPP|NIP|n° (?:de )?dossier|numéro de dossier|NDA)"
    r"[ \t\x{a0}]*[:#|=]?[ \t\x{a0}#|]*([A-Z]{0,4}-?\d[\dA-Z./-]{2,20})"
)
_OFFICE = re.compile(
    r"(?i)[ ,]+(?:(?:ober|chef|fach|assistenz|stations)ärzt?\w*|(?:ober|chef|fach|assistenz"
    r"|stations)arzt\w*|arzt|ärztin|direktor\w*|klinikdirektor\w*|leiter\w*"
    r"|PhD|MBA|MSc|M\.?D\.?|MD)\b.*$"
)
_NPI = compiled(
    r"(?i)\b(?:NPI|National Provider Identifier)\b(?:[ -]?(?:#|no\.?|number|nr\.?|nummer|n°))?"
    r"[ \t\x{a0}]*[:=|]?[ \t\x{a0}]*(\d{10})\b"
)
_NPI_PREFIX = "80840"
_DEA = compiled(
    r"(?i)\bDEA\b(?:[ -]?(?:#|no\.?|number|nr\.?|nummer|n°|reg(?:istration)?\.?(?: (?:#|no\.?|number))?))?"
    r"[ \t\x{a0}]*[:=|]?[ \t\x{a0}]*([A-Z][A-Z9]\d{7})\b"
)


def patient(view: RuleInput) -> Iterator[Found]:
    """Find the name of the patient, as it is labelled, or as a letter introduces it; without its title."""
    text = view.text
    for label in (_LABELLED, _REPORTED, _INTRODUCED):
        for match in islice(label.finditer(text), _MOST):
            yield from _person(text, match.end())
    for match in islice(_ADDRESSED.finditer(text), _MOST):
        yield from (one for one in _person(text, match.end()) if _BORN.match(text, one.end))
    for match in islice(_BIRTH.finditer(text), _MOST):
        before = _NAME_BEFORE.search(text, max(0, match.start() - 60), match.start())
        if before:
            yield from _person(text, before.start(1))
    for match in islice(_NAMED.finditer(text[:_HEAD_CHARS]), 5):
        if _NEAR_NAME.search(text[max(0, match.start() - 150) : match.end() + 200]):
            yield from _person(text, match.end())


def _person(text: str, at: int) -> Iterator[Found]:
    """Find the name of a person that begins there, without titles, family name behind."""
    titles = _TITLES.match(text, at)
    start = titles.end() if titles else at
    match = _NAME.match(text, start, start + 120)
    if match is None:
        return
    name = match[0]
    for ending in (_DETACHED, _BEHIND_NAME):
        if found := ending.search(name):
            name = name[: found.start()]
    name = name.rstrip(" ,.")
    if len(name.split()) < 2 or _NO_PERSON.search(name):
        return
    first, _, given = name.partition(",")
    if len(first.split()) > 1 and len(given.split()) > 1:
        # Two names, not a family name before its given names.
        name = first
    turned = _FAMILY_FIRST.fullmatch(name)
    yield Found(start, start + len(name), f"{turned[2]} {turned[1]}" if turned else " ".join(name.split()))


def record_number(view: RuleInput) -> Iterator[Span]:
    """Find the numbers of the patient's record, case or admission."""
    for match in islice(_RECORD.finditer(view.text), _MOST):
        start, end = match.span(1)
        written = view.text[start:end].rstrip("./-")
        if sum(map(str.isdigit, written)) >= 3 and not re.fullmatch(FIGURES, written):
            yield start, start + len(written)


def author(view: RuleInput) -> Iterator[Found]:
    """Find who signed, without the office or degree behind the name; not sure where nothing says so."""
    for (start, end), said in signed(view):
        office = _OFFICE.search(view.text, start, end)
        yield Found(start, office.start() if office else end, sure=said)


def provider_npi(view: RuleInput) -> Iterator[Found]:
    """Find National Provider Identifiers; not sure where the check digit is wrong."""
    for match in islice(_NPI.finditer(view.text), _MOST):
        start, end = match.span(1)
        yield Found(start, end, sure=luhn.is_valid(_NPI_PREFIX + match[1]))


def invalid_npi(view: RuleInput) -> Iterator[Span]:
    """Find numbers called an NPI that fail the check digit.

    Source: CMS, Requirements for National Provider Identifier and NPI Check Digit: Luhn over the
    number with the prefix 80840.
    """
    yield from ((one.start, one.end) for one in provider_npi(view) if not one.sure)


def invalid_dea(view: RuleInput) -> Iterator[Span]:
    """Find numbers called a DEA registration that fail the check digit.

    The first, third and fifth digits plus twice the sum of the second, fourth and sixth end in the
    seventh.
    """
    for match in _DEA.finditer(view.text):
        digits = [int(digit) for digit in match[1][2:]]
        if (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 != digits[6]:
            yield match.span(1)


def _charges(view: RuleInput) -> tuple[Charge, ...]:
    return charges(view.text)


charge_date = of_each(_charges, lambda charge: charge.day_span)
charge_code = of_each(_charges, lambda charge: charge.code_span)
charge_amount = of_each(_charges, lambda charge: charge.amount_span)
