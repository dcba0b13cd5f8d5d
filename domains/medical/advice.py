"""What a German discharge letter says is to be done next, apart from the medicines that it lists."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.medical.medicines import is_medicine
from docassay.domains.medical.records import FAREWELL, NUMBER
from docassay.domains.outline import lines_of, trim
from docassay.domains.passages import sentence_of
from docassay.domains.patterns import compiled, matches_of

_HEADED = compiled(
    rf"(?im)^{NUMBER}(?:(?:weitere[sr]?|empfohlenes|das[ \t]+weitere)[ \t]+(?:pro[cz]edere?|vorgehen"
    r"|behandlung|betreuung)"
    r"|pro[cz]edere?|vorgehen|empfehlung(?:en)?|weiterbehandlung|nachsorge|wiedervorstellung"
    r"|behandlungsvorschlag"
    r"|weitere[ \t]+therapie|therapie[ -]?(?:empfehlung(?:en)?|vorschlag))\b[^\n:]{0,60}(?::|[ \t]*$)"
)
_THERAPY = compiled(r"(?i)therapie[ -]?(?:empfehlung|vorschlag)|weitere[ \t]+therapie|behandlungsvorschlag")
_SAID = compiled(
    r"(?i)\b(?:wir\s+(?:empfehlen|würden|raten)|wir\s+bitten\s+(?:\w+\s+){0,3}um\b|(?:wird"
    r"|werden)\s+[^.\n]{0,120}\bempfohlen"
    r"|empfehlenswert|empfiehlt\s+sich|empfehlen\s+wir|anzuraten|wiedervorstellung|wiederaufnahme"
    r"|kontroll\w+\s+(?:in|beim?|nach|bei)|nachkontrolle|verlaufskontr(?:ollen?)?|weiterbehandlung\s+(?:durch|beim?"
    r"|in))\b"
    r"|\bsoll(?:te|ten|en)?\s[^.\n]{0,150}\b(?:erfolgen|(?:durchgeführt|kontrolliert|eingenommen"
    r"|fortgeführt|fortgesetzt"
    r"|angepasst|vorgestellt|wiederholt|reduziert|abgesetzt|überprüft|getragen)\s+werden)\b"
    r"|\b(?:belastung|mobilisation|mobilisierung|physiotherapie|fadenzug|nahtentfernung|klammerentfernung"
    r"|thromboseprophylaxe"
    r"|fortsetzung|schonung)\b[^.\n]{0,80}\b(?:(?:für|ab|nach|in|am)\s+(?:\w+\s+){0,2}(?:\d+\.|\d+\s+(?:tag|woche|monat)|\w+tag\b|mittwoch"
    r"|insgesamt)|bis\s+(?:zu|zur|\d)|vorgesehen|geplant|wird\s+empfohlen)"
)
_OFFER = compiled(r"(?i)\b(?:rückfragen|zur\s+verfügung|bedanken|weiterbetreuung)\b")
_BEFORE = compiled(
    r"(?i)\b(?:wurde|wurden|erfolgte|war|waren|bisher|zuletzt|anamnes\w+|zeigt\w*|ergab\w*|aufnahmegrund"
    r"|hinzugezogen|nüchtern)\b"
)
_OTHER_PART = compiled(
    r"(?i)^(?:\w*(?:labor|befund\w*|mikrobiologie|anamnese|diagnosen?|sono\w*|ekg|röntgen)"
    r"|(?:aktuelle )?medikation)\b.{0,30}:"
)
_SHOWN = 3
_EARLY, _LONG = 0.3, 1_000
"""In this part of a letter of so many characters a plan is that of the stay."""
_LONGEST = 600
"""Most characters below a heading that are looked at."""


def next_steps(view: RuleInput) -> Iterator[Span]:
    """Find advice to the next physician: what stands below its last heading, else a sentence.

    Medicines alone are advice where the heading recommends a therapy, and nothing else is said.
    """
    text = view.text
    below = list(reversed(list(_below_headings(text))))
    yield from (span for span, is_listed in below if not is_listed)
    for match in _SAID.finditer(text):
        start, end = sentence_of(text, match.span())
        blank = text.rfind("\n\n", start, match.start())
        start = blank if blank >= 0 else start
        sentence = text[start:end]
        if not _OFFER.search(sentence) and not _BEFORE.search(sentence):
            yield trim(text, start, end)
    yield from (span for span, is_listed in below if is_listed)


medicines_as_next_steps = matches_of(_HEADED)


def _below_headings(text: str) -> Iterator[tuple[Span, bool]]:
    """Yield what stands below each heading of advice, and whether it lists medicines as the therapy."""
    for heading in _HEADED.finditer(text):
        shown, end = list[str](), heading.end()
        for position, line in lines_of(text[end : end + _LONGEST], end):
            stripped = line.strip()
            if FAREWELL.match(line[:120]) or _OTHER_PART.match(stripped) or len(shown) == _SHOWN:
                break
            if stripped:
                shown.append(stripped)
                end = position + len(line.rstrip())
        steps = [line for line in shown if not is_medicine(line) and len(line.split()) > 2]
        is_listed = bool(shown and _THERAPY.search(heading[0]) and all(map(is_medicine, shown)))
        is_early = len(text) >= _LONG and heading.start() < _EARLY * len(text)
        if not is_early and (is_listed or (2 * len(steps) > len(shown) and not _OFFER.search(steps[0]))):
            yield trim(text, heading.start(), end), is_listed
