"""Vital signs and laboratory values that a clinical text gives: a name, then a number, perhaps a unit.

What is a goal, a range, a limit or somebody else's is not a value of the patient. A table is read by its
columns, prose by what stands between a name and its number: nothing but a few words such as "today was".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import re2

from docassay.domains import RuleInput
from docassay.domains.facts import Found
from docassay.domains.medical.measures import (
    BETWEEN,
    DIASTOLIC,
    LABORATORY,
    NAMES,
    NOT_ITS_OWN,
    OF_OTHER_KIND,
    PRESSURE,
    SYSTOLIC,
    VALUES,
    VITAL_SIGNS,
)
from docassay.domains.outline import lines_of
from docassay.domains.patterns import compiled
from docassay.domains.quantities import NUMBER, UNIT, is_quantity, read_quantity, unit_of

_MOST = 1_500
"""Names in a text that are looked at."""
_REACH = 70
"""Characters behind a name in which its number begins."""
_APART = 250
"""Characters between two readings that are then of two times."""
_MOST_LINE = 2_000

_B = r"(?:^|[^\pL\pN/_-])"
_BETWEEN = re.compile(
    r"(?i)(?:[ \t\u00a0:=,|*~≈]|[.](?=[ \t])|-(?=[ \t])"
    r"|\n(?=[ \t]{0,4}[0-9])(?![ \t]{0,4}[0-9]{1,2}[.)][ \t])"
    rf"|\([^()\n]{{0,25}}\)|\b(?:{BETWEEN})(?![\w'’]))*"
)
_PAIR = re.compile(
    r"(?i)([0-9]{2,3})[ \t]?/[ \t]?([0-9]{2,3})(?![0-9/]|[ \t]?[-–][ \t]?[0-9]|s\b|[.,][0-9])"
    r"(?:[ \t]{0,2}(mm ?Hg|mm/Hg|mm\[Hg\]|mm of mercury))?"
)
_ONE = re.compile(
    rf"(?i)({NUMBER})(?![0-9]|[.,][0-9]|[ \t]?[-–/][ \t]?[0-9]|['’]?s\b|\+|[ \t]to[ \t][0-9]|(?:st|nd|rd"
    rf"|th)\b)"
    rf"(?:[ \t\u00a0]{{0,2}}-?(?:({UNIT})|(?P<other>[^\s,;:.()0-9|-][^\s,;:.()|]{{0,20}})))?"
)
_FEET = re.compile(
    r"(?i)([3-7])(?:[ -]?(?:feet|foot|ft\.?|')[, -]{0,2})([0-9]{1,2}(?:\.[0-9]"
    r"|[ -]?1/2)?)?[ -]?(?:inch(?:es)?|in\b|\"|''|”)?"
)


class Reading(NamedTuple):
    """A value that was measured: where it stands, its form, and the name of what was measured."""

    start: int
    end: int
    normalised: str
    role: str


@lru_cache(maxsize=1)
def _vital_names() -> re2._Regexp[str]:
    """Make the expression for names of vital signs: groups of the pressure, of each of them, of letters."""
    signs = "|".join(f"({'|'.join(one.names)})" for one in VITAL_SIGNS.values())
    short = "|".join(one.short for one in VITAL_SIGNS.values() if one.short)
    # "RR" is the blood pressure in German, the respirations in English: what follows tells.
    return compiled(rf"(?i){_B}(?:({PRESSURE})|{signs}|((?-i:{short})))\b")


@lru_cache(maxsize=1)
def _laboratory_names() -> re2._Regexp[str]:
    groups = "|".join(f"({_cased(one.names)})" for one in LABORATORY.values())
    return compiled(rf"{_B}(?:{groups})\b")


def _cased(names: Iterable[str]) -> str:
    """Let words of four letters and more stand in any case; what is shorter is a symbol."""
    return "|".join(name if _is_symbol(name) else f"(?i:{name})" for name in names)


def _is_symbol(name: str) -> bool:
    return max(map(len, re.findall(r"[^\W\d_]+", name)), default=0) < 4


def vital_signs(view: RuleInput) -> Iterator[Found]:
    """Find vital signs; the two numbers of a blood pressure are two values of one group."""
    yield from _grouped(_readings(view.text, "vital"))


def laboratory_values(view: RuleInput) -> Iterator[Found]:
    """Find laboratory values; those that stand together have one group."""
    yield from _grouped(_readings(view.text, "laboratory"))


def _grouped(readings: Iterable[Reading]) -> Iterator[Found]:
    group, last, names = 0, -1, set[str]()
    for one in readings:
        if not is_quantity(one.normalised):  # a unit in other letters, a sign that nobody can see
            continue
        if last >= 0 and (one.start - last > _APART or one.role in names):
            group, names = group + 1, set()
        yield Found(one.start, one.end, one.normalised, one.role, group)
        last = one.end
        names.add(one.role)


@lru_cache(maxsize=2)
def _readings(text: str, sort: str) -> tuple[Reading, ...]:
    """List the readings of a text in its order: those of its tables, and of its prose."""
    in_rows = list(_of_tables(text))
    taken = dict(span for span, _ in in_rows)
    wanted = [one for _, one in in_rows if one is not None and (one.role in _OF_PATIENT) == (sort == "vital")]
    prose = _vitals(text) if sort == "vital" else _laboratory(text)
    lines = sorted(taken)
    found = [one for one in prose if not _within(one.start, lines, taken)]
    unique = {(one.start, one.role): one for one in (*wanted, *found)}
    return tuple(sorted(unique.values()))


def _within(at: int, starts: list[int], ends: dict[int, int]) -> bool:
    number = bisect_right(starts, at) - 1
    return number >= 0 and at < ends[starts[number]]


_OF_PATIENT = frozenset({SYSTOLIC, DIASTOLIC, *VITAL_SIGNS})


def _vitals(text: str) -> Iterator[Reading]:
    for match in islice(_vital_names().finditer(text), _MOST):
        name = _name_of(match.lastindex)
        start, end = match.span(match.lastindex)
        if NOT_ITS_OWN.search(text[max(0, start - 50) : start]):
            continue
        if name == "oxygen saturation" and (share := _SHARE.search(text, max(0, start - 8), start)):
            if one := _ONE.match(text, share.start(1), share.end(1)):
                yield from _sign(name, one)
            continue
        if name == "short":
            role = next(role for role, sign in VITAL_SIGNS.items() if sign.short == text[start:end])
            if not _among_others(text, start):
                continue
        elif name == "pressure":
            if pair := _after(_PAIR, text, end):
                yield from _pressure(pair)
                continue
            if text[start:end] != "RR":
                continue
            role = "respiratory rate"
        else:
            role = name
        if role == "body height" and (feet := _after(_FEET, text, end)) and feet.end() - feet.start() > 1:
            inches = (feet[2] or "0").replace("1/2", ".5").replace(" ", "").replace("-", "")
            if feet[0] != feet[1]:
                number = 12 * int(feet[1]) + float(inches)
                yield Reading(feet.start(), feet.end(), f"{number:g} [in_i]", role)
                continue
        if one := _after(_ONE, text, end):
            yield from _sign(role, one)


_SHORT = len(VITAL_SIGNS) + 2
_LIMITS = (0, 9_999)


def _name_of(group: int) -> str:
    """Name what a group of the expression for vital signs stands for: a vital sign, pressure, or short."""
    return "pressure" if group == 1 else "short" if group == _SHORT else list(VITAL_SIGNS)[group - 2]


def _among_others(text: str, at: int) -> bool:
    """Tell whether a blood pressure stands beside a letter that may be the name of a vital sign."""
    around = text[max(0, at - 120) : at + 120]
    return re.search(r"\b[0-9]{2,3}[ ]?/[ ]?[0-9]{2,3}\b", around) is not None


def _after(pattern: re.Pattern[str], text: str, end: int) -> re.Match[str] | None:
    between = _BETWEEN.match(text, end, end + _REACH)
    return pattern.match(text, between.end() if between else end)


def _pressure(pair: re.Match[str]) -> Iterator[Reading]:
    systolic, diastolic = int(pair[1]), int(pair[2])
    if 50 <= systolic <= 300 and 15 <= diastolic < systolic:
        yield Reading(*pair.span(1), f"{systolic} mm[Hg]", SYSTOLIC)
        yield Reading(
            pair.start(2), pair.end(3) if pair[3] else pair.end(2), f"{diastolic} mm[Hg]", DIASTOLIC
        )


def _sign(role: str, one: re.Match[str]) -> Iterator[Reading]:
    sign = VITAL_SIGNS[role]
    if OF_OTHER_KIND.search(one.string[one.end(1) : one.end(1) + 12]):
        return
    unit = unit_of(one[2]) if one[2] else ""
    # Behind "weight 142" no unit has to stand; of two systems, the number does not tell.
    if (sign.named and not unit) or (unit and unit not in sign.units):
        return
    written = _number(one[1], *_LIMITS)
    if written is None:
        return
    number = float(written)
    named = [unit] if unit else list(sign.units)
    fitting = next((one for one in named if sign.units[one][0] <= number <= sign.units[one][1]), None)
    if fitting:
        end = one.end(2) if unit else one.end(1)
        yield Reading(one.start(1), end, f"{written} {fitting}", role)


def _laboratory(text: str) -> Iterator[Reading]:
    names = list(LABORATORY)
    before: tuple[str, int] | None = None
    for match in islice(_laboratory_names().finditer(text), _MOST):
        role, (start, end) = names[match.lastindex - 1], match.span(match.lastindex)
        pair = before if before and _JOINED.fullmatch(text[before[1] : start]) else None
        before = (role, end)
        if NOT_ITS_OWN.search(text[max(0, start - 50) : start]):
            continue
        if share := _SHARE.search(text, max(0, start - 8), start):
            # "61% neutrophils, 21% lymphocytes": what follows is not its number.
            yield from _value(role, _ONE.match(text, share.start(1), share.end(1)))
            continue
        one = _after(_ONE, text, end)
        if one is None:
            continue
        if pair:
            # "Hemoglobin and hematocrit of 13.2 and 39.1": the first number is that of the first name.
            second = _SECOND.match(text, one.end(2) if one[2] else one.end(1))
            if second:
                yield from _value(pair[0], one)
                yield from _value(role, second)
            continue
        yield from _value(role, one)


_SHARE = re.compile(r"(?<![\d.-])([0-9]{1,3}[ ]?%)[ \t]$")
_JOINED = re.compile(r"[ \t]{0,2}(?:and|&|/|und|et)[ \t]{0,2}")
_SECOND = re.compile(
    r"(?:[ \t]{1,2}and[ \t]{1,2}|[ \t]?/[ \t]?|,[ \t])(?:of )?" + _ONE.pattern.removeprefix("(?i)"), re.I
)


def _value(role: str, one: re.Match[str] | None) -> Iterator[Reading]:
    if one is None:
        return
    unit = unit_of(one[2]) if one[2] else ""
    other = one["other"] or ""
    if OF_OTHER_KIND.search(one.string[one.end(1) : one.end(1) + 12]):
        return
    if unit and not ("/" in unit or unit in ("fL", "pg") or unit == LABORATORY[role].unit):
        return
    if not unit and other and "/" in other and other.isascii():
        unit = other
    written = _number(one[1], *LABORATORY[role].bounds)
    if written is None:
        return
    end = one.end(2) if one[2] else one.end("other") if unit else one.end(1)
    yield Reading(one.start(1), end, f"{written} {unit}".strip(), role)


def _number(written: str, least: float, most: float) -> str | None:
    """Read a number that lies between bounds; None where a point may part thousands as well as decimals."""
    comma = "," in written and not re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?", written)
    point = re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", written)
    found = read_quantity(written, "de" if comma or point else "en")
    both = (found.normalised, found.alternative) if found else ()
    fitting = [one for one in both if one is not None and least <= float(one) <= most]
    return fitting[0] if len(fitting) == 1 else None


def _of_tables(text: str) -> Iterator[tuple[tuple[int, int], Reading | None]]:
    """Give the rows of tables with a heading that is understood, and what they tell."""
    head: list[str] = []
    columns: dict[int, str] = {}
    value_at = name_at = -1
    for start, line in lines_of(text):
        if "|" not in line or len(line) > _MOST_LINE:
            if "|" not in line:
                head, columns, value_at = [], {}, -1
            continue
        cells = [(start + one.start(), one[0].strip()) for one in re.finditer(r"[^|]+", line)]
        words = [cell for _, cell in cells]
        if (
            len(words) > 1
            and (role := _sign_named(words[0]))
            and any(re.search(r"[0-9]", word) for word in words[1:])
        ):
            # A row of one vital sign, a column for each time.
            readings = [one for at, word in cells[1:] for one in _in_cell(role, at, word, text)]
            yield from (((start, start + len(line)), one) for one in readings)
            continue
        values = [n for n, word in enumerate(words) if VALUES.match(word)]
        named = [n for n, word in enumerate(words) if NAMES.match(word)]
        signs = {n: role for n, word in enumerate(words) if (role := _sign_named(word))}
        if values and named and values[0] != named[0]:
            head, columns, value_at, name_at = words, {}, values[0], named[0]
        elif len(signs) >= 2 and not any(re.search(r"[0-9]{2}", word) for word in words):
            head, columns, value_at = words, signs, -1
        elif columns and len(words) == len(head):
            for n, role in columns.items():
                yield from (((start, start + len(line)), one) for one in _in_cell(role, *cells[n], text))
            yield (start, start + len(line)), None
        elif value_at >= 0 and len(words) > max(value_at, name_at):
            role = _sign_named(words[name_at]) or _short_name(words[name_at])
            found = list(_in_cell(role, *cells[value_at], text)) if role else []
            yield from (((start, start + len(line)), one) for one in found)
            yield (start, start + len(line)), None


@lru_cache(maxsize=512)
def _sign_named(word: str) -> str | None:
    """Name the vital sign that a cell names, and nothing else."""
    if len(word) > 60:
        return None
    match = _vital_names().search(f" {word} ")
    if not match or 2 * len(match[match.lastindex]) < len(word) or match.lastindex == _SHORT:
        return None
    return _name_of(match.lastindex)


def _short_name(word: str) -> str:
    """Give what a cell names as what was measured; ``""`` where it is no name."""
    name = re.sub(r"\s*(?:\[[^\]]*\]|\([^()]*\))\s*$", "", word).strip()
    return name if 1 < len(name) <= 60 and any(char.isalpha() for char in name) else ""


def _in_cell(role: str, start: int, word: str, text: str) -> Iterator[Reading]:
    start = text.index(word, start) if word else start
    end = start + len(word)
    if role == "pressure":
        pair = _PAIR.match(text, start, end)
        yield from _pressure(pair) if pair else ()
        return
    one = _ONE.match(text, start, end)
    if one is None or (one.end() != end and not (one[2] and text[one.end(2) : end].strip(" .") == "")):
        return
    if role in VITAL_SIGNS:
        yield from _sign(role, one)
        return
    unit = unit_of(one[2]) if one[2] else (one["other"] or "")
    known = _laboratory_names().search(f" {role} ")
    if known and len(known[known.lastindex]) == len(role):
        role = list(LABORATORY)[known.lastindex - 1]
    written = _number(one[1], *(LABORATORY[role].bounds if role in LABORATORY else (0, 1e9)))
    if written is not None and unit.isascii():
        yield Reading(one.start(1), end, f"{written} {unit}".strip(), role)
