"""What records and bills say of themselves: patient, numbers, who signed, stay, charges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import re2
from stdnum import luhn

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.medical.charges import charges
from docassay.domains.medical.identifiers import NPI, NPI_PREFIX
from docassay.domains.medical.records import signed
from docassay.domains.values import Habits, fits, read
from docassay.languages import months

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
_LABELLED = re2.compile(
    r"(?i)(?:^|[^\pL])(?:patient(?:in|e)?(?:[’']?s)?(?: ?name)?|name of (?:the )?patient|pat\."
    r"|nom du patient|name des patienten)"
    r"[ \t\x{a0}]*[:|][ \t\x{a0}|]*"
)
_INTRODUCED = re2.compile(
    r"(?:Patient(?:in|en)?|patiente?)[ \t]*,?[ \t\n]{1,3}(?:Herrn?|Frau|Monsieur|Madame|M\.|Mme)[ \t\n]"
)
_REPORTED = re2.compile(
    r"(?i)\b(?:berichte[nt]?|vorstellung|aufenthalt|übernahme|behandlung"
    r"|entlassung)\b[^.\n\d]{0,40}?[ \t](?:über|von|des|der)[ \t]+"
    r"(?:(?:unser|ihr|d|ein)\w{1,4}[ \t]+)?(?:gemeinsame[nr]?[ \t]+)?(?:(?:Patient(?:in"
    r"|en)?,?[ \t\n]+(?:(?:Herrn?|Frau)[ \t])?)|(?:Herrn?|Frau)[ \t])"
)
_BIRTH = re2.compile(
    r"(?i)(?:\bgeb(?:\.|oren)|\*|\bDOB\b|\bborn\b|\bnée?[ \t]|date of birth)[ \t]*:?[ \t]*(?:(?:am|on"
    r"|le)[ \t]+)?\d"
)
_NAME_BEFORE = re.compile(rf"(?<!\w)({_NAME.pattern})[ \t\n,(|;]{{1,4}}$")
_ADDRESSED = re2.compile(r"(?:^|[^\pL])(?:Herrn?|Frau|Monsieur|Madame|M\.|Mme|Mr\.?|Mrs\.?|Ms\.?)[ \t]")
_NAMED = re2.compile(r"(?m)^[ \t|*]*(?:Name|NAME|RE|Re|Betreff|Nom)[ \t]*[:|][ \t|*]*")
_NEAR_NAME = re2.compile(
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

_RECORD = re2.compile(
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
_DIGITS = r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.[ ]?\d{1,2}\.[ ]\d{4}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}))"
_MONTHS = "|".join(sorted(months(), key=len, reverse=True))
_DAY = (
    rf"(?:{_DIGITS}|\d{{1,2}}(?:\.|er|st|nd|rd|th)?[ \t](?:{_MONTHS})\.?,?[ \t]\d{{4}}"
    rf"|(?:{_MONTHS})\.?[ \t]\d{{1,2}},?[ \t]\d{{4}})"
)
_ADMITTED = re2.compile(
    r"(?i)(?:^|[^\pL])(?:(?:date of )?admission(?: date)?|date admitted|admitted|admit date"
    r"|aufnahme(?:datum|tag)?|aufgenommen|date d.(?:entrée|admission|hospitalisation)|admise?"
    rf"|hospitalisée?|entrée)[ \t\x{{a0}}]*[:.|]?[ \t\x{{a0}}|]*(?:(?:on|am|le|the|to"
    rf"|vom)[ \t]+)?({_DAY})(?:[^\d./-]|$)"
)
_DISCHARGED = re2.compile(
    r"(?i)(?:^|[^\pL])(?:(?:date of )?discharge(?: date)?|date discharged|discharged|entlassung(?:sdatum"
    r"|stag)?|entlassen|(?:date de )?sortie)"
    rf"[ \t\x{{a0}}]*[:.|]?[ \t\x{{a0}}|]*(?:(?:on|am|le|the)[ \t]+)?({_DAY})(?:[^\d./-]|$)"
)
_STAY = re2.compile(
    rf"(?i)(?:^|[^\pL])(?:(?:vom|von|du|from)[ \t\n]{{1,3}}|aufenthalt[ \t:]{{1,3}}"
    rf"|stationär[ \t:]{{1,3}})({_DAY}|\d{{1,2}}\.(?:[ \t]?\d{{1,2}}\.)?)"
    rf"[ \t\n]{{0,3}}(?:bis(?:[ \t]zum)?|[-–]|au|to|through)[ \t\n]{{0,3}}({_DAY})(?:[^\d./-]|$)"
)
_OF_STAY = re.compile(
    r"(?i)stationär|\bstat\.|aufenthalt|in unserer|befand|befunden|aufgenommen|betreu|hospitali[sz]|séjour"
    r"|admitted|\bstay\b|behandlung|behandelt"
)
_ABOUT_STAY = 200


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
        if sum(map(str.isdigit, written)) >= 3 and not re.fullmatch(_DIGITS, written):
            yield start, start + len(written)


def author(view: RuleInput) -> Iterator[Found]:
    """Find who signed, without the office or degree behind the name; not sure where nothing says so."""
    for (start, end), said in signed(view):
        office = _OFFICE.search(view.text, start, end)
        yield Found(start, office.start() if office else end, sure=said)


def provider_npi(view: RuleInput) -> Iterator[Found]:
    """Find National Provider Identifiers; not sure where the check digit is wrong."""
    for match in islice(NPI.finditer(view.text), _MOST):
        start, end = match.span(1)
        yield Found(start, end, sure=luhn.is_valid(NPI_PREFIX + match[1]))


def admission_date(view: RuleInput) -> Iterator[Found]:
    """Find the first day of the stay; of "vom 3.5. bis 9.5.2024", the year is that of the last."""
    stays = list(_stays(view.text))
    for match in islice(() if stays else _ADMITTED.finditer(view.text), _MOST):
        yield Found(*match.span(1))
    for first, last in stays:
        written = view.text[slice(*first)]
        if re.search(r"\d{2}[ \t]?$|\d{4}", written) and not written.endswith("."):
            yield Found(*first)
            continue
        end = read("date", view.text[slice(*last)], Habits(view.text, "de")).normalised
        parts = re.findall(r"\d+", written)
        if end and len(end) == 10 and parts:
            month = int(parts[1]) if len(parts) > 1 else int(end[5:7])
            day = f"{month:02}-{int(parts[0]):02}"
            whole = f"{end[:4] if day <= end[5:] else int(end[:4]) - 1}-{day}"
            if fits("date", whole):
                yield Found(*first, whole)


def discharge_date(view: RuleInput) -> Iterator[Span]:
    """Find the last day of the stay."""
    last = [last for _, last in _stays(view.text)]
    yield from last or (match.span(1) for match in islice(_DISCHARGED.finditer(view.text), _MOST))


def _stays(text: str) -> Iterator[tuple[Span, Span]]:
    """Find from when to when the first stay was that a text tells of."""
    for match in islice(_STAY.finditer(text), _MOST):
        if _OF_STAY.search(text, max(0, match.start() - _ABOUT_STAY), match.end() + _ABOUT_STAY):
            yield match.span(1), match.span(2)
            return


def charge_date(view: RuleInput) -> Iterator[Found]:
    """Find the days of the charges of a bill."""
    for group, charge in enumerate(charges(view.text)):
        yield Found(*charge.day_span, group=group)


def charge_code(view: RuleInput) -> Iterator[Found]:
    """Find the codes of the charges of a bill."""
    for group, charge in enumerate(charges(view.text)):
        yield Found(*charge.code_span, group=group)


def charge_amount(view: RuleInput) -> Iterator[Found]:
    """Find what each line of a bill charges."""
    for group, charge in enumerate(charges(view.text)):
        yield Found(*charge.amount_span, group=group)
