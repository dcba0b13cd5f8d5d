"""Lists of medicines in German letters: whether each row names ingredient, dose and schedule.

Names of ingredients are told by the common stems of the WHO (Stem Book, 2018) as German writes them, and by a
list of those without a stem; what is told by neither is taken for a brand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from docassay.domains import RuleInput, Span
from docassay.domains.medical.drug_words import WORDS
from docassay.domains.medical.records import FAREWELL, NUMBER
from docassay.domains.outline import lines_of, trim
from docassay.domains.patterns import compiled

_ENDINGS, _INGREDIENTS = ("|".join(WORDS[name]) for name in ("german_endings", "german_ingredients"))
_INGREDIENT = compiled(rf"(?i)\b(?:\pL{{2,}}(?:{_ENDINGS}))\b|\b(?:{_INGREDIENTS})\b")
_DOSE = compiled(
    r"(?i)\b\d+(?:[.,]\d+)?(?:/\d+(?:[.,]\d+)?)?[ \t]*(?:mg|µg|mcg|ug|g|ml|I\.?E\.?|Einh\w*\.?|Einheiten|%"
    r"|mval|mmol|gtt"
    r"|Trpf|Tr\b|Tropfen|Hub|Beutel|Btl|Tbl|Tabl\w*|Kps|Stk|Meßbecher|Messbecher)(?:\b|[^\pL]|$)"
)
_PART = r"(?:\d{0,3}(?:[.,]\d)?[ \t]?[½¼]|\d{1,3}(?:[.,]\d)?(?:/\d)?)"
_SCHEDULE = compiled(
    rf"(?i)(?:^|[^\d/-]){_PART}[ \t]?[-–/][ \t]?{_PART}[ \t]?[-–/][ \t]?{_PART}"
    r"|\b\d[ \t]?[x×][ \t]?(?:\d|½|tägl|tgl|/|pro|am|wö)|\btäglich|\btgl\b|\bmorgens|\bmittags|\babends"
    r"|\bzur Nacht|\bz\.[ \t]?N\b"
    r"|\bbei (?:Bedarf|Bed\.|Übelkeit|Schmerzen)|\bb\.[ \t]?B\b|\balle \d+|\bjeden \d"
    r"|(?:^|[^\d.])\d{1,2} um \d|\b(?:wöchentlich|stündlich)\b"
)
_TIMES = compiled(rf"{_PART}[ \t]?[-–/][ \t]?{_PART}[ \t]?[-–/][ \t]?{_PART}")
_NAMED = compiled(r"\b\p{Lu}\pL{3,}")
_AT_DISCHARGE = compiled(
    rf"(?im)^{NUMBER}(?:(?:entlass(?:ungs)?-?(?:medikation|medikamente|therapie)"
    r"|(?:medikation|medikamente|therapie)(?:/\pL+)?[ \t]+(?:bei|zur|nach)[ \t]+(?:der[ \t]+)?entlassung"
    r"|(?:empfohlene|weitere|weiterführende)[ \t]+(?:medikation|medikamente|therapie)"
    r"|therapie[ -]?(?:empfehlung(?:en)?|vorschlag)|medikationsplan"
    r"|weitere[ \t]+therapie[ \t]+und[ \t]+behandlungsvorschlag)"
    r"[^\n:]{0,40})(?::|[ \t]*$)"
)
_SOME_LIST = compiled(
    rf"(?im)^{NUMBER}(?:aktuelle |letzte |dauer-?|haus-?|bisherige )?(?:medikation"
    r"|medikamente)\b[^\n:]{0,40}(?::|[ \t]*$)"
)
_NONE = compiled(r"(?i)^[ \t\n]*(?:medikation[ \t]*:[ \t]*)?(?:keine?\b|entfällt|nihil)[^\n]{0,30}")
_NO_MEDICINES = compiled(
    r"(?i)\bentlass\w+[^.\n]{0,60}\b(?:ohne|keine)\s+(?:\w+\s+)?(?:medikation|medikamente)\b"
)
_COLUMN = compiled(r"(?i)^[ \t|]*wirkstoff\w*[ \t|]+\pL")
_LEFT_OUT = 2
"""Lines without a medicine that end a list."""
_NONE_CHARS = 100
_MOST_WORDS = 12
"""Words of a row that gives a schedule without a dose; a longer line is a sentence."""
_LONGEST = 4_000
"""Most characters of a list."""
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list of medicines."""

    name: str
    span: Span
    ingredient: bool
    dose: bool
    schedule: bool


def is_medicine(line: str) -> bool:
    """Tell whether a line is a row of a list of medicines: it has a dose or a schedule, and a name."""
    is_short = len(line.split()) <= _MOST_WORDS
    return any(c.isalpha() for c in line) and bool(
        _DOSE.search(line) or (is_short and _SCHEDULE.search(line))
    )


def discharge_medicines(view: RuleInput) -> Iterator[Span]:
    """Find the list at discharge whose rows have ingredient, dose and schedule; or that there is none."""
    for start, end, rows in _lists(view.text):
        if (rows and all(row.ingredient and row.dose and row.schedule for row in rows)) or (
            not rows and _NONE.match(view.text[end : end + _NONE_CHARS])
        ):
            none = _NONE.match(view.text[end : end + _NONE_CHARS]) if not rows else None
            yield start, end + none.end() if none else end
    yield from (match.span() for match in _NO_MEDICINES.finditer(view.text))


def listed_medicines(view: RuleInput) -> Iterator[Span]:
    """Find a list of medicines: at discharge, else any, such as that of the day or of before the stay."""
    yield from ((start, end) for start, end, _ in _lists(view.text))
    yield from (match.span() for match in _SOME_LIST.finditer(view.text))


def missing_of_medicines(view: RuleInput, span: Span) -> str:
    """Say which rows of a list at discharge lack what."""
    rows = next((rows for start, end, rows in _lists(view.text) if (start, end) == span), None)
    if rows is None:
        return (
            "" if next(iter(discharge_medicines(view)), None) else "It is not said to be that at discharge."
        )
    brands = [row.name for row in rows if not row.ingredient]
    open_rows = [row.name for row in rows if row.ingredient and not (row.dose and row.schedule)]
    said = [f"No active ingredient is told in: {_some(brands)}."] if brands else []
    said += [f"Dose or schedule is lacking: {_some(open_rows)}."] if open_rows else []
    return " ".join(said)


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _lists(text: str) -> Iterator[tuple[int, int, list[Row]]]:
    """Give the lists of medicines at discharge: where each starts and ends, and its rows, if any."""
    for heading in _AT_DISCHARGE.finditer(text):
        rows, left_out, column, below = list[Row](), 0, False, heading.end()
        for position, line in lines_of(text[below : below + _LONGEST], below):
            if FAREWELL.match(line[:120]) or left_out > _LEFT_OUT:
                break
            if _COLUMN.search(line):  # a plan with a column for it (BMP, Anlage 3)
                column = True
            elif is_medicine(line):
                rows.append(_row(line, position, column))
                left_out = 0
            elif line.strip():
                left_out += 1
        yield trim(text, *heading.span())[0], rows[-1].span[1] if rows else below, rows


def _row(line: str, position: int, column: bool) -> Row:
    words = line.strip(" \t-*•").split()
    name = next((word.strip(",;:®") for word in words if word[0].isalpha()), words[0])
    ends = [0, *(match.end() for match in _TIMES.finditer(line))]
    # Several medicines on one line, each followed by its times; a part without a name goes on with one.
    parts = [line[a:b] for a, b in pairwise(ends)] if len(ends) > 2 else []
    brand = next((n[0] for part in parts if (n := _NAMED.search(part)) and not _INGREDIENT.search(part)), "")
    return Row(
        brand or name,
        (position, position + len(line.rstrip())),
        column or (not brand and bool(_INGREDIENT.search(line))),
        bool(_DOSE.search(line)),
        bool(_SCHEDULE.search(line)),
    )
