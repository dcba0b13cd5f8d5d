"""Forms that leave to another document what they are to tell, such as a separate information sheet."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_SHEET_READ = compiled(
    r"(?i)\b(?:read|received|given|provided\s+with|studied)\s+(?:[\w/(),]+\s+){0,6}?"
    r"(?:(?:participants?|patients?|subjects?|study|written|project|research|parent(?:al)?)[\x27’]?s?[\s-]+){0,2}"
    r"(?:information[\s-]+(?:sheets?|leaflets?|letters?|brochures?|booklets?|packs?|documents?|statements?)"
    r"|plain\s+language\s+statement|explanatory\s+statement|participant\s+information\s*\(|this\s+manual)"
    r"|\b(?:teilnehmer|probanden|patienten|studien)[\w*:-]*information\w*\b(?:[^.\n]|\.\d){0,80}\b(?:gelesen|erhalten|ausgehändigt)"
    r"|\b(?:informations(?:blatt|schrift|schreiben)|aufklärungsb[oö]gen)\b(?:[^.\n]|\.\d){0,80}\b(?:gelesen|erhalten|ausgehändigt)"
    r"|\b(?:described|detailed|provided|given|explained|outlined|set\s+out)\s+in\s+the\s+"
    r"(?:(?:participant|patient|study)[\s-]+)?information[\s-]+(?:sheet|leaflet)"
    r"|\b(?:lu|reçu)\s+(?:[\pL]+\s+){0,3}(?:lettre|note|notice|fiche|feuillet)\s+d.information"
)
_NOT_READ = compiled(r"(?i)(?:\b(?:not|never|nicht|keine?|pas)\b|n[\x27’]t\b)")
_REFUSAL = 30
"""Characters before a match in which it may be denied."""

_POINTS = compiled(r"(?i)(?:described|detailed|provided|given|explained|outlined|set)\s+(?:out\s+)?in\b")
_SHEET = compiled(
    r"(?m)^[ \t#*]*(?:\p{Lu}[\pL’']*[ \t]+){0,2}(?i:information[ \t]+(?:sheet|leaflet|letter))[ \t*:]*$"
    r"|\b(?i:this\s+information\s+sheet)\b"
)
_MOST_BEFORE = 1500
"""Most characters of a form before it says that its sheet was read; more are the sheet."""

_PRIVACY_NOTICE = compiled(
    r"(?im)^[ \t#*\d.)]*(?:participants?[ \t]+)?(?:data[ \t]+)?(?:privacy|protection)[ \t]+"
    r"(?:policy|notice|statement|information)\d?[ \t*]*$"
    r"|^[ \t#*\d.)]*datenschutz(?:erklärung|hinweise?|information\w*)[ \t*]*$"
)
_INSTRUCTIONS = compiled(
    r"(?im)^[ \t#*]*(?:[\w'’-]+[ \t]+){0,3}(?:discharge|aftercare|going[ \t-]home|take[ \t-]home)[ \t]+"
    r"(?:instructions?|advice)(?:[ \t]+(?:for|sheet|form|after)\b[^\n]{0,60})?[ \t*]*$"
)
_TITLE_WITHIN = 200
"""Characters from the start in which a sheet for a patient has its title."""
_TOLD_OF_STAY = compiled(
    r"(?i)\b(?:(?:hospital|clinical)\s+course|discharge\s+summary|present\s+illness|reason\s+for\s+admission"
    r"|admi(?:ssion|tting)\s+diagnos[ie]s|physical\s+exam\w*)\b"
)
_CONSENT = compiled(r"(?i)consent|einwilligung")
_OPENING = 600
"""Characters from the start in which a title stands."""


def sheet_read(view: RuleInput) -> Iterator[Span]:
    """Find that whoever signs has read an information sheet that is not in this document."""
    text = plain(view.text)
    match = _SHEET_READ.search(text)
    if not match or _SHEET.search(text[: match.end()]):
        return
    if _NOT_READ.search(text[max(0, match.start() - _REFUSAL) : match.start()].rpartition(".")[2] + match[0]):
        return
    if match.start() <= _MOST_BEFORE or _POINTS.match(match[0]):
        yield match.span()


def patient_instructions(view: RuleInput) -> Iterator[Span]:
    """Find the title of the instructions with which a patient goes home; they do not tell of the stay."""
    match = _INSTRUCTIONS.search(view.text[:_TITLE_WITHIN])
    if match and not _TOLD_OF_STAY.search(view.text):
        yield match.span()


def privacy_notice(view: RuleInput) -> Iterator[Span]:
    """Find the title of a notice about the data of a study, which its consent form tells of."""
    opening = plain(view.text[:_OPENING])
    match = _PRIVACY_NOTICE.search(opening)
    if match and not _CONSENT.search(opening[: match.start()]):
        yield match.span()
