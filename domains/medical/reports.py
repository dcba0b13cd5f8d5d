"""What a report is about: an operation, or a test or a birth; a stay in hospital, or a visit."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.medical.records import written_in_english, written_in_german
from docassay.domains.patterns import compiled

_OPENING = 600
"""Characters at the start of a report that name what was done."""
_TEST = compiled(
    r"(?i)\b(?:electronystagmogra\w+|electroencephalogra\w+|electromyogra\w+|EEG|EMG|nerve conduction"
    r"|polysomnogra\w+|sleep study|audiogra\w+|Holter|(?:treadmill|exercise|nuclear|thallium"
    r"|cardiolite|adenosine|persantine|dobutamine) (?:\w+ ){0,2}(?:stress|test|study|perfusion)\w*"
    r"|stress (?:test|echo\w*)|pulmonary function|spirometry|this tracing|caloric (?:test|irrigation)\w*)\b"
)
_BIRTH = compiled(
    r"(?i)\b(?:delivery note|(?:vaginal|vacuum|forceps|breech|vertex|spontaneous) (?:\w+ ){0,2}delivery"
    r"|NSVD|SVD|labor and delivery|delivered (?:of )?(?:a |an )?(?:\w+ ){0,3}(?:infant|male|female|baby))\b"
)
_OPERATION = compiled(
    r"(?i)\b(?:c(?:a?e)?sarean|c-?section|operating (?:room|theat(?:er|re)|table)"
    r"|pre-?op(?:erative)? diagnos[ie]s|operative (?:report|procedure|findings)|surgeon"
    r"|incis(?:ed|ions?)|excis(?:ed|ion)|resect(?:ed|ion)|prepped|dissect(?:ed|ion)"
    r"|biops(?:y|ies)|catheteri[sz]ation|tubal ligation|hysterectomy)\b"
)
_STAY_TITLE = compiled(
    r"(?i)\b(?:entlass(?:ungs)?-?(?:brief|bericht)|(?:teil)?stationär\w*|stat\.|intensivmedizinisch\w*"
    r"|epikrise"
    r"|entlass(?:ungs)?-?(?:medikation|befund|diagnosen?)|(?:bei|zur|nach)\s+entlassung"
    r"|aufnahme(?:grund|befund|datum))"
)
_DISCHARGE = compiled(r"(?i)\b(?:entlass(?:ungs)?-?\w+|epikrise|(?:bei|zur|nach)\s+entlassung)\b")
_PERIOD = compiled(r"(?i)\b(?:vom|von)\s+\d[\d. ]*\s*(?:bis|[-–])(?:\s+zum)?\s+\d")
_VISIT = compiled(
    r"(?i)\b(?:ambulanter\s+(?:befund|bericht|arztbrief)|befund\s*-\s*ambulanz|ambulanz(?:brief|bericht"
    r"|karte)|besuch\s+am|nachsorgeuntersuchung|kontrolluntersuchung|(?:in|an"
    r"|zu)\s+(?:\w+\s+){0,3}\w*(?:sprechstunde|ambulanz)"
    r"\s+(?:\w+\s+){0,2}(?:vorstell\w*|vorgestellt|war|untersucht))\b"
)
_IMPRESSION = compiled(
    r"(?im)^[ \t#*]*(?:\w+[ \t]+)?(?:impressions?|conclusions?|opinion|diagnos[ie]s|summary|interpretation"
    r"|assessment)\b"
)
_BRIEF_WORDS = 150
"""Words up to which a report of imaging is brief."""


def operation(view: RuleInput) -> Iterator[Span]:
    """Find an English word in a report on an operation; nothing in one on a birth or on a test alone."""
    opening = view.text[:_OPENING]
    other = _TEST.search(opening) or _BIRTH.search(view.text)
    if not other or _OPERATION.search(view.text):
        yield from written_in_english(view)


def impression_due(view: RuleInput) -> Iterator[Span]:
    """Find an impression, or the start of a report too long to do without one (ACR: unless it is brief)."""
    if match := _IMPRESSION.search(view.text):
        yield match.span()
    elif len(view.text.split()) > _BRIEF_WORDS:
        yield 0, 1


def german_discharge_letter(view: RuleInput) -> Iterator[Span]:
    """Find a German word in a letter about a stay in hospital; nothing in one about a visit."""
    visit = _VISIT.search(view.text)
    # The letterhead of a visit names the hospital's wards, too.
    if _DISCHARGE.search(view.text) if visit else _STAY_TITLE.search(view.text) or _PERIOD.search(view.text):
        yield from written_in_german(view)
