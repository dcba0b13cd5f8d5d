"""What a German discharge letter says is to be done next, apart from the medicines that it lists."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.medical.medicines import is_medicine
from docassay.domains.medical.records import FAREWELL, NUMBER
from docassay.domains.outline import lines_of, trim
from docassay.domains.passages import sentence_of
from docassay.domains.patterns import matches_of

_HEADED = re2.compile(
    rf"(?im)^{NUMBER}(?:(?:weitere[sr]?|empfohlenes|das[ \t]+weitere)[ \t]+(?:pro[cz]edere|vorgehen"
    r"|behandlung|betreuung)"
    r"|pro[cz]edere|vorgehen|empfehlung(?:en)?|weiterbehandlung|nachsorge|wiedervorstellung"
    r"|behandlungsvorschlag"
    r"|weitere[ \t]+therapie|therapie-?(?:empfehlung(?:en)?|vorschlag))\b[^\n:]{0,60}(?::|[ \t]*$)"
)
_SAID = re2.compile(
    r"(?i)\b(?:wir\s+(?:empfehlen|würden|raten)|wir\s+bitten\s+(?:\w+\s+){0,3}um\b|(?:wird"
    r"|werden)\s+[^.\n]{0,120}\bempfohlen"
    r"|empfehlenswert|empfiehlt\s+sich|empfehlen\s+wir|anzuraten|wiedervorstellung|wiederaufnahme"
    r"|kontroll\w+\s+(?:in|beim?|nach|bei)|nachkontrolle|verlaufskontr\w*|weiterbehandlung\s+(?:durch|beim?"
    r"|in))\b"
    r"|\bsoll(?:te|ten|en)?\s[^.\n]{0,150}\b(?:erfolgen|(?:durchgeführt|kontrolliert|eingenommen"
    r"|fortgeführt|fortgesetzt"
    r"|angepasst|vorgestellt|wiederholt|reduziert|abgesetzt|überprüft|getragen)\s+werden)\b"
    r"|\b(?:belastung|mobilisation|mobilisierung|physiotherapie|fadenzug|nahtentfernung|klammerentfernung"
    r"|thromboseprophylaxe"
    r"|fortsetzung|schonung)\b[^.\n]{0,80}\b(?:für|bis|ab|nach|in|am|zur)\b"
)
_OFFER = re2.compile(r"(?i)\b(?:rückfragen|zur\s+verfügung|bedanken|weiterbetreuung)\b")
_BEFORE = re2.compile(r"(?i)\b(?:wurde|wurden|erfolgte|war|waren|bisher|zuletzt|anamnes\w+)\b")
_SHOWN = 3
_LONGEST = 600
"""Most characters below a heading that are looked at."""


def next_steps(view: RuleInput) -> Iterator[Span]:
    """Find advice to the next physician: a sentence, else what stands below its heading."""
    text = view.text
    yield from _below_headings(text)
    for match in _SAID.finditer(text):
        start, end = sentence_of(text, match.span())
        sentence = text[start:end]
        if not _OFFER.search(sentence) and not _BEFORE.search(sentence):
            yield start, end


medicines_as_next_steps = matches_of(_HEADED)


def _below_headings(text: str) -> Iterator[Span]:
    for heading in _HEADED.finditer(text):
        shown, end = list[str](), heading.end()
        for position, line in lines_of(text[end : end + _LONGEST], end):
            if FAREWELL.match(line[:120]) or len(shown) == _SHOWN:
                break
            if line.strip():
                shown.append(line)
                end = position + len(line.rstrip())
        if shown and not is_medicine(shown[0]) and not _OFFER.search(shown[0]) and len(shown[0].split()) > 2:
            yield trim(text, heading.start(), end)
