"""Medicines that a clinical text names with a dose, or lists under a heading, and how they are taken.

A name is what stands before a dose, "aspirin 81 mg p.o. daily", or behind it, "80 mg of Depo-Medrol"; in a
list, each item begins with one. Dose, route and frequency are those written behind it, before the next name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found, of_each
from docassay.domains.medical.drug_words import (
    BEHIND_NAME,
    FORMS_ALONE,
    FORMS_OF_NAME,
    FREQUENCIES,
    NEEDED,
    NO_NAME,
    NOT_TAKEN,
    NOT_TAKEN_BEHIND,
    NOT_TAKEN_LIST,
    NUMBERS,
    OFTEN,
    ROUTE,
    ROUTES,
    STEM,
    UNITS_OF_TIME,
)
from docassay.domains.medical.split import SECTION
from docassay.domains.outline import lines_of
from docassay.domains.quantities import NUMBER, read_quantity

_MOST = 1_500
_REACH = 130
"""Characters behind a dose in which route and frequency stand."""

_MASS = (
    r"(?:mg|mgs|milligrams?|mcg|µg|μg|micrograms?|gm|grams?|g|units?|IU|I\.E\.|IE|mEq|meq|ml|mL|cc|mval"
    r"|mmol)(?:/(?:hr|h|kg|day|m²|m2))?"
)
_VOLUME = re.compile(r"(?i)(?:ml|cc)$")
_FORM = (
    r"(?:tablets?|tabs?|capsules?|caps?|puffs?|sprays?|drops?|gtt|patch(?:es)?|teaspoons?|Tbl\.?|Tabl\.?"
    r"|Tropfen|Trpf\.?|Hub|Beutel|cp|comprimés?|gélules?)"
)
_DOSE = re.compile(
    rf"(?i)(?<![\w.,/$€-])(?:(?P<mass>{NUMBER}(?:[ \t]?(?:-|/"
    rf"|to)[ \t]?{NUMBER})?[ \t\u00a0-]{{0,2}}{_MASS})(?![\w%]|/(?:dl|l|L|mL|min))"
    rf"|(?P<form>(?:{NUMBER}|one|two|three|four|1/2|½)(?:[ \t]?(?:-"
    rf"|to)[ \t]?[0-9]{{1,2}})?[ \t-]{{1,2}}{_FORM})\b)"
)
_WORD = r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ0-9'’®™-]*"
_BEFORE = re.compile(
    rf"(?<![\w-])((?:{_WORD}(?:[ \t/]|\.(?=[ \t]))[ \t]{{0,2}}){{0,4}}{_WORD})(?:[ \t,:(®™|–—-]|\*\*){{1,5}}"
    r"(?:(?i:dosage|dose|strength)[ \t*]*:[ \t*]*)?$"
)
_PARTED = frozenset(":–—-|")
_BEHIND = re.compile(
    r"(?i)[ \t]{1,2}(?:(?:IV|IM|intravenous|intramuscular|p\.?o\.?|oral)[ \t])?(?:of[ \t]+)?"
    rf"((?:{_WORD}[ \t-]){{0,2}}{_WORD})"
)

_HEADING = re.compile(
    r"(?im)^[ \t#*\d.)]{0,6}(?P<title>(?:(?:current|home|discharge|outpatient|present|admission|admitting"
    r"|chronic|regular|daily|active|usual|inpatient"
    r"|hospital|past|prior|preoperative|pre-admission|list of|prescribed|routine|his"
    r"|her)[ \t]+){0,3}(?:medications?|meds|medicines?|prescriptions?)(?:[ \t]+(?:list"
    r"|on admission|at home|at discharge|on discharge|on transfer|prior to admission|upon discharge"
    r"|include|as an outpatient))?|MEDICATIONS|MEDS"
    r"|(?:aktuelle |letzte |dauer-?|haus-?|bisherige |entlass(?:ungs)?-?)?(?:medikation"
    r"|medikamente)(?:[ \t]+bei[ \t]+\w+)?"
    r"|traitements?(?:[ \t]+(?:habituel|à l.entrée|de sortie|en cours|à domicile))?"
    r"|ordonnance(?: de sortie)?|drug (?:history|hx)|DHx?)"
    r"[ \t*]{0,3},?(?::[ \t*]{0,3}|$|(?=1\.)|(?-i:(?<=^DH)[ ]))"
)
_END = re.compile(
    r"^[ \t#*\d.)]{0,6}(?:(?:PMHx?|PSHx?|FM?Hx?|SHx?|NKDA|Imp|Ex|O/E|ICE|Plan)\b"
    r"|[A-Z][A-Z /&()-]{3,50}(?::|$)|[A-Z][A-Za-z /&()-]{3,50}:)"
)
_GOES_ON = re.compile(r"[0-9,]|(?i:daily|needed|prn|tablet)")
"""What tells that a line after a blank one is still of the list."""
_LIST_CHARS = 3_000
_ITEM = re.compile(
    r"(?:[^,;.\n(]|\([^()\n]{0,80}\)|\.(?=\S)|,(?=[0-9]{3})|(?<=\b[a-z]\.[a-z])\.|(?<=[a-z]\.[a-z]\.[a-z])\.){1,200}"
)
_SENTENCE = re.compile(r"(?:[^.;\n]|\.(?![ \t]+[A-Z]|\n|[a-z]{4})){1,600}")
_TOLD = re.compile(
    r"(?i)\b(?:was|were|had|has|have|stopped|allerg\w+|in the past|previously|discontinued|she|he|they"
    r"|reviewed|records?|wurde|hatte)\b"
)
"""What a sentence says that tells of medicines, and does not list them."""

_LEAD = re.compile(
    r"(?i)^(?:[ \t]|[-*•·#]|\(?[0-9]{1,2}[.)][ \t]|(?:and|also|then|plus|include|includes|including"
    r"|the patient is (?:currently )?(?:on|taking)"
    r"|(?:patient |she |he )?(?:is |currently )?(?:on|takes|taking)|as above|continue|resume|start|stop"
    r"|und|et)\b)*"
)
_NO_ITEM = re.compile(
    r"(?i)\b(?:none|no\b|not|unknown|see|reviewed|list(?:ed)?|chart|record(?:s|ed)?|patient|allerg\w*"
    r"|refer|above|below|as per|unchanged|same|he|she|her|his|they"
    r"|keine|aucun|who|which|that|please|follow|call|return|diet|activity|occasional(?:ly)?|unable|history"
    r"|several|multiple|various|other|medication"
    r"|medications|drugs?|over[- ]the[- ]counter|OTC|prescription)\b"
)


class Medicine(NamedTuple):
    """A medicine in a text, whose parts are not sure where the patient does not take it."""

    name: Found
    dose: Found | None
    route: Found | None
    frequency: Found | None


def _dose(text: str, at: Span | None) -> Found | None:
    # What one tablet or so much of a liquid holds is not what is taken.
    if at is None or _STRENGTH.match(text, at[1]):
        return None
    written = text[slice(*at)]
    if re.search(r"[0-9][ \t]?(?:-|/|to)[ \t]?[0-9]", written):
        return None
    number = re.sub(r"(?i)^(?:one|1/2|½|two|three|four)\b|^½", lambda m: _COUNTED[m[0].lower()], written)
    # A point before three digits is a thousand in German, and decimals in English.
    comma = re.match(r"[0-9]+,[0-9]{1,2}\b(?!,)|[1-9][0-9]{0,2}\.[0-9]{3}(?![0-9])", number)
    found = read_quantity(number, "de" if comma else "en")
    return Found(*at, found.normalised, alternative=found.alternative) if found else None


_STRENGTH = re.compile(r"[ \t]?/[ \t]?[0-9]")
_COUNTED = {"one": "1", "two": "2", "three": "3", "four": "4", "1/2": "0.5", "½": "0.5"}


def _medicines(view: RuleInput) -> tuple[Medicine, ...]:
    return medicines(view.text)


drug = of_each(_medicines, lambda one: one.name)
dose = of_each(_medicines, lambda one: one.dose)
route = of_each(_medicines, lambda one: one.route)
frequency = of_each(_medicines, lambda one: one.frequency)


@lru_cache(maxsize=1)
def medicines(text: str) -> tuple[Medicine, ...]:
    """List the medicines of a text, in its order, each name once for each place."""
    names: dict[int, tuple[int, tuple[int, int] | None]] = {}
    for match in islice(_DOSE.finditer(text), _MOST):
        for start, end in _names_of(text, match):
            names.setdefault(start, (end, match.span()))
    dosed, last = sorted(names), 0
    for start, end in sorted(_listed(text)):
        # Not where a name with a dose stands already; the last that begins before its end tells.
        number = bisect_left(dosed, end) - 1
        if start >= last and (number < 0 or names[dosed[number]][0] <= start):
            names[start], last = (end, None), end
    ordered = sorted(names)
    found = []
    stopped = [(one.end(), _list_end(text, one.end())) for one in islice(NOT_TAKEN_LIST.finditer(text), 50)]
    for number, start in enumerate(ordered):
        end, dose_at = names[start]
        behind = max(end, dose_at[1] if dose_at else end)
        following = ordered[number + 1] if number + 1 < len(ordered) else len(text)
        if number + 1 < len(ordered) and (next_dose := names[following][1]) and next_dose[0] < following:
            following = next_dose[0]
        stop = max(behind, min(following, behind + _REACH, _line_end(text, behind)))
        taken = not (
            NOT_TAKEN.search(text[max(0, start - 60) : start])
            or NOT_TAKEN_BEHIND.match(text, end, stop)
            or any(first <= start < last for first, last in stopped)
        )
        parts = (_dose(text, dose_at), _route(text, end, stop), _often(text, end, stop))
        said = (part._replace(sure=part.sure and taken) if part else None for part in parts)
        found.append(Medicine(Found(start, end, sure=taken), *said))
    return tuple(found)


def _line_end(text: str, at: int) -> int:
    """Give the end of a line, or of a sentence, in which route and frequency have to stand."""
    line = text.find("\n", at)
    line = len(text) if line < 0 else line
    sentence = re.compile(r"\.[ \t]+(?=[A-Z][a-z]{2,}[ ,])|;").search(text, at, min(line, at + _REACH))
    return sentence.start() if sentence else line


def _names_of(text: str, dose: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Give the name of the medicine of a dose: the words before it, else those behind it."""
    line = max(text.rfind("\n", max(0, dose.start() - 70), dose.start()) + 1, dose.start() - 70)
    before = _BEFORE.search(text[line : dose.start()])
    if before and (span := _name(before[1], before[0][before.end(1) - before.start() :], dose[0])):
        yield line + before.start(1) + span[0], line + before.start(1) + span[1]
        return
    if dose["mass"] and (behind := _BEHIND.match(text, dose.end())):
        words = behind[1]
        first = re.match(_WORD, words)
        named = first and (_is_named(first[0]) or STEM.match(first[0]))
        if (
            first
            and named
            and first[0].lower() not in NO_NAME
            and len(first[0]) > 3
            and "of" in behind[0].split()
        ):
            last = first.end()
            for more in islice(re.finditer(_WORD, words), 1, 3):
                if more[0].lower() not in FORMS_OF_NAME or more[0].lower() in NO_NAME:
                    break
                last = more.end()
            yield behind.start(1), behind.start(1) + last


def _name(words: str, between: str, dose: str) -> tuple[int, int] | None:
    """Give the last words that are a name: back to a word of a sentence."""
    tokens = list(re.finditer(_WORD, words))
    by_volume, changed = _VOLUME.search(dose) is not None, False
    while tokens and tokens[-1][0].lower() in BEHIND_NAME:
        changed = tokens.pop()[0].lower() == "to" or changed
    kept: list[re.Match[str]] = []
    for token in reversed(tokens):
        word = token[0].lower()
        if word in NO_NAME or (kept and "." in words[token.end() : kept[-1].start()]):
            break
        # A second word before it belongs to a name where it is written like one, or is a form of salt.
        if kept and not (
            _is_named(token[0]) or word in FORMS_OF_NAME or kept[-1][0].lower() in FORMS_OF_NAME
        ):
            break
        kept.append(token)
    if not kept or len(kept) > 4:
        return None
    start, end = kept[-1].start(), kept[0].end()
    name = words[start:end]
    letters = sum(map(str.isalpha, name))
    if letters < 3 or name.lower() in FORMS_ALONE:
        return None
    # Before a colon or a dash, or in a cell, stands what is told rather; of volumes what was lost; of
    # "escalate to" what is done.
    doubtful = not _PARTED.isdisjoint(between) or (by_volume and "," in between)
    doubtful = doubtful or ((by_volume or changed) and not _is_named(name))
    return None if doubtful and not STEM.search(name) else (start, end)


def _is_named(word: str) -> bool:
    return word[:1].isupper() and len(word) > 1


def _listed(text: str) -> Iterator[tuple[int, int]]:
    """Give the names with which the items of lists of medicines begin."""
    for heading in islice(_HEADING.finditer(text), 50):
        stop = _list_end(text, heading.end())
        for sentence in islice(_SENTENCE.finditer(text, heading.end(), stop), 100):
            lead = _LEAD.match(sentence[0])
            said = sentence[0][lead.end() if lead else 0 :]
            if "|" in said:
                # Of a row of a table, the first cell names the medicine.
                cell = said.partition("|")[0]
                if re.search(r"[0-9]", said) and (span := _item_name(cell.strip())):
                    at = sentence.end() - len(said) + len(cell) - len(cell.lstrip())
                    yield at + span[0], at + span[1]
                continue
            if not _TOLD.search(said):
                yield from _items(text, sentence.end() - len(said), sentence.end())


def _list_end(text: str, start: int) -> int:
    """Give the end of a list that begins there: a heading, two blank lines, or prose behind a blank line."""
    stop, blank, seen = start, 0, False
    for position, line in lines_of(text[start : start + _LIST_CHARS], start):
        bare = line.strip(" \t#*:")
        if position > start and (_END.match(line) or (len(bare) < 60 and SECTION.match(bare))):
            break
        if seen and blank and bare and not _GOES_ON.search(line):
            break
        blank = 0 if line.strip() else blank + 1
        if blank > 1 and seen:
            break
        seen = seen or bool(line.strip())
        stop = position + len(line)
    return stop


def _items(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Give the names of the items of one sentence of a list."""
    for item in islice(_ITEM.finditer(text, start, stop), 100):
        lead = _LEAD.match(item[0])
        at = item.start() + (lead.end() if lead else 0)
        for piece in re.split(r"(?<=\w)(?: and )(?=[A-Za-z]{4})", text[at : item.end()]):
            if span := _item_name(piece):
                yield at + span[0], at + span[1]
            at += len(piece) + len(" and ")


def _item_name(item: str) -> tuple[int, int] | None:
    """Give the name at the start of an item of a list; none of a sentence."""
    if _NO_ITEM.search(item) or len(item.split()) > 16:
        return None
    words = list(islice(re.finditer(_WORD, item), 4))
    if not words or words[0].start() > 1:
        return None
    kept: list[re.Match[str]] = []
    for word in words:
        lower = word[0].lower()
        between = item[kept[-1].end() : word.start()] if kept else ""
        apart = kept and between.strip(" \t") not in ("", "/", "-")
        if lower in NO_NAME or apart or ROUTE.fullmatch(word[0]) or OFTEN.fullmatch(word[0]):
            break
        if kept and not (_is_named(word[0]) or lower in FORMS_OF_NAME):
            break
        kept.append(word)
    if not kept or len(kept[0][0]) < 4 or kept[0][0].lower() in FORMS_ALONE:
        return None
    if not kept[0][0][0].isupper() and not (_DOSE.search(item) or OFTEN.search(item) or STEM.search(item)):
        return None
    # A list has names with little behind them: how it is taken, or nothing.
    rest = item[kept[-1].end() :].strip(" .,:")
    told = re.search(r"[0-9]", rest) or any(sign.search(rest) for sign in (OFTEN, ROUTE, NEEDED))
    if rest and not told and not rest.startswith("(") and len(rest.split()) > 2:
        return None
    return kept[0].start(), kept[-1].end()


def _route(text: str, start: int, stop: int) -> Found | None:
    match = ROUTE.search(text, start, stop)
    if match is None or match.lastgroup is None:
        return None
    return Found(*match.span(), list(ROUTES)[int(match.lastgroup[1:])])


def _often(text: str, start: int, stop: int) -> Found | None:
    """Find how often a medicine is taken, and say it in one form: ``2 per day``, ``every 6 h as needed``."""
    match, needed = OFTEN.search(text, start, stop), NEEDED.search(text, start, stop)
    if match is None:
        return Found(*needed.span(), "as needed") if needed else None
    if match["times"]:
        said = match["times"].replace(",", ".")
    elif match["every"]:
        unit = next(name for sign, name in UNITS_OF_TIME.items() if match["unit"].lower().startswith(sign))
        ends = re.split(r"[ \t]?(?:-|to)[ \t]?", match["n"].lower())
        number = "-".join(str(NUMBERS.index(end) + 1) if end in NUMBERS else end for end in ends)
        said = f"every {number} {unit}"
    else:
        group = next(name for name, value in match.groupdict().items() if name[0] == "f" and value)
        said = list(FREQUENCIES)[int(group[1:])]
    if needed and 0 <= needed.start() - match.end() < 25:
        return Found(match.start(), needed.end(), f"{said} as needed")
    return Found(*match.span(), said)
